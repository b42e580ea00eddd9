import { ButtonWithPermission, ConnectionIndicator, pendingOf, QueryStateView } from "@fairlead/react";
import type { Note } from "@{{name}}/shared";
import { useNoteCRUD, useNotePermissions, useNoteWatchList } from "@{{name}}/shared/hooks";
import { type FormEvent, useState } from "react";

/** Notes of a namespace, live: open the page twice and watch one follow the other. */
export function Notes({ namespace }: { readonly namespace: string }) {
  const notes = useNoteWatchList({ namespace });
  const permissions = useNotePermissions({ namespace });
  const { create, patch, remove } = useNoteCRUD();
  const [text, setText] = useState("");

  function add(event: FormEvent) {
    event.preventDefault();
    create.mutate({
      apiVersion: "{{group}}/v1",
      kind: "Note",
      metadata: { generateName: "note-", namespace },
      spec: { text },
    });
    setText("");
  }

  return (
    <main>
      <header>
        <h1>{{name}}</h1>
        <ConnectionIndicator />
      </header>
      <form onSubmit={add}>
        <input
          aria-label="New note"
          placeholder="Something to remember"
          maxLength={200}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <ButtonWithPermission permission={permissions.create} type="submit" disabled={!text.trim()}>
          Add
        </ButtonWithPermission>
      </form>
      <QueryStateView query={notes} empty={<p>No notes yet.</p>}>
        <ul>
          {notes.items.map((note) => (
            <Row
              key={note.metadata.uid || note.metadata.name}
              note={note}
              finish={
                <ButtonWithPermission
                  permission={permissions.patch}
                  disabled={note.spec.done === true}
                  onClick={() =>
                    patch.mutate({ name: note.metadata.name, namespace, patch: { spec: { done: true } } })
                  }
                >
                  Done
                </ButtonWithPermission>
              }
              remove={
                <ButtonWithPermission permission={permissions.delete} onClick={() => remove.mutate(note)}>
                  Delete
                </ButtonWithPermission>
              }
            />
          ))}
        </ul>
      </QueryStateView>
    </main>
  );
}

interface RowProps {
  readonly note: Note;
  readonly finish: React.ReactNode;
  readonly remove: React.ReactNode;
}

function Row({ note, finish, remove }: RowProps) {
  return (
    <li aria-busy={pendingOf(note) !== null} data-done={note.spec.done === true}>
      <span>{note.spec.text}</span>
      {finish}
      {remove}
    </li>
  );
}
