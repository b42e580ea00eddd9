import {
  autocompletion,
  type CompletionContext,
  closeCompletion,
  completionKeymap,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import { unifiedMergeView } from "@codemirror/merge";
import { EditorState, Transaction } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";
import { ESCAPED } from "@/lib/keepEscape";
import { type Schema, suggest } from "./schema";

export type LineProblem = { readonly line: number; readonly message: string };

type Props = {
  label: string;
  /** The text at first, and whenever it is another: what was written in between gives way to it. */
  initial: string;
  onChange?: (text: string) => void;
  problems?: readonly LineProblem[];
  schema?: Schema | undefined;
  readOnly?: boolean;
  /** Shows the text as changes to this one. */
  original?: string | undefined;
};

const theme = EditorView.theme({
  "&": { height: "100%", fontSize: "12.5px", backgroundColor: "transparent" },
  ".cm-scroller": { fontFamily: "var(--font-mono, ui-monospace, monospace)", lineHeight: "1.55" },
  ".cm-gutters": {
    backgroundColor: "var(--popover)",
    color: "var(--muted-foreground)",
    border: "none",
  },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--accent)" },
  "&.cm-focused": { outline: "none" },
  ".cm-cursor": { borderLeftColor: "var(--foreground)" },
  ".cm-tooltip": {
    backgroundColor: "var(--popover)",
    color: "var(--foreground)",
    border: "1px solid var(--border)",
    borderRadius: "6px",
  },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": {
    backgroundColor: "var(--primary)",
    color: "var(--primary-foreground)",
  },
});

const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--info)" },
  { tag: tags.definition(tags.propertyName), color: "var(--info)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--success)" },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword], color: "var(--violet)" },
  { tag: tags.comment, color: "var(--muted-foreground)", fontStyle: "italic" },
]);

/** YAML with completion from a schema, and problems at their lines. */
export function YamlEditor(props: Props) {
  const { label, initial, readOnly = false, original, problems, schema } = props;
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const current = useRef({ onChange: props.onChange, schema, initial });
  current.current = { onChange: props.onChange, schema, initial };
  useEffect(() => {
    if (!place.current) return;
    const editor = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: current.current.initial,
        extensions: [
          lineNumbers(),
          history(),
          drawSelection(),
          highlightActiveLine(),
          yaml(),
          syntaxHighlighting(colours),
          theme,
          lintGutter(),
          // What scrolls is reached by keyboard, though nothing may be written there.
          EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
          EditorState.readOnly.of(readOnly),
          autocompletion({
            override: [(context) => complete(context, current.current.schema)],
          }),
          // Escape, then Tab, leaves the editor: CodeMirror's own way out for keyboards.
          keymap.of([...completionKeymap, ...defaultKeymap, ...historyKeymap, indentWithTab]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) current.current.onChange?.(update.state.doc.toString());
          }),
          ...(original === undefined
            ? []
            : [
                unifiedMergeView({
                  original,
                  mergeControls: false,
                  collapseUnchanged: { margin: 3 },
                }),
              ]),
        ],
      }),
    });
    // As it does itself where no layer takes the key: what completes closes, or Tab leads out.
    editor.dom.addEventListener(ESCAPED, () => {
      if (!closeCompletion(editor)) editor.setTabFocusMode(2000);
    });
    view.current = editor;
    return () => {
      editor.destroy();
      view.current = null;
    };
  }, [label, readOnly, original]);
  useEffect(() => {
    if (view.current) replaceText(view.current, initial);
  }, [initial]);
  useEffect(() => {
    const editor = view.current;
    if (editor)
      editor.dispatch(setDiagnostics(editor.state, toDiagnostics(editor, problems ?? [])));
  }, [problems]);
  return <div ref={place} className="h-full min-h-0 overflow-hidden" />;
}

/** Changes only what differs, so that whoever reads or writes elsewhere stays where he is. */
function replaceText(editor: EditorView, text: string): void {
  const before = editor.state.doc.toString();
  if (before === text) return;
  const most = Math.min(before.length, text.length);
  let start = 0;
  while (start < most && before[start] === text[start]) start += 1;
  let same = 0;
  while (same < most - start && before.at(-1 - same) === text.at(-1 - same)) same += 1;
  editor.dispatch({
    changes: {
      from: start,
      to: before.length - same,
      insert: text.slice(start, text.length - same),
    },
    annotations: Transaction.addToHistory.of(false),
  });
}

function toDiagnostics(editor: EditorView, problems: readonly LineProblem[]): Diagnostic[] {
  const { doc } = editor.state;
  return problems.map(({ line, message }) => {
    const { from, to } = doc.line(Math.min(Math.max(line, 1), doc.lines));
    return { from, to, message, severity: "error" };
  });
}

function complete(context: CompletionContext, schema: Schema | undefined) {
  const word = context.matchBefore(/[\w./-]*/);
  if (!schema || !word || (word.from === word.to && !context.explicit)) return null;
  const line = context.state.doc.lineAt(context.pos);
  const lines = context.state.doc.toString().split("\n");
  const before = [...lines.slice(0, line.number - 1), line.text.slice(0, context.pos - line.from)];
  const found = suggest(schema, before, before.length - 1);
  return {
    from: word.from,
    options: found.map(({ label, detail, info, kind }) => ({
      label,
      detail,
      ...(info ? { info } : {}),
      type: kind === "key" ? "property" : "enum",
      apply: kind === "key" ? `${label}: ` : label,
    })),
  };
}
