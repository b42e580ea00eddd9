/**
 * Batches work to one flush per animation frame.
 *
 * A hidden tab gets no animation frames, and Node has none: a timer races the frame, so that live data
 * still arrives there. Only notifications wait for the flush; frames are applied as they come.
 */
export interface FrameScheduler {
  schedule(task: () => void): void;
  flush(): void;
}

const hiddenTabDelayMs = 250;
const frameMs = 16;

function afterNextFrame(run: () => void): void {
  if (typeof requestAnimationFrame !== "function") {
    setTimeout(run, frameMs);
    return;
  }
  const timer = setTimeout(run, hiddenTabDelayMs);
  requestAnimationFrame(() => {
    clearTimeout(timer);
    run();
  });
}

export function createFrameScheduler(
  defer: (run: () => void) => void = afterNextFrame,
): FrameScheduler {
  const tasks = new Set<() => void>();
  let scheduled = false;

  function flush() {
    scheduled = false;
    const due = [...tasks];
    tasks.clear();
    for (const task of due) task();
  }

  return {
    schedule(task) {
      tasks.add(task);
      if (scheduled) return;
      scheduled = true;
      defer(() => {
        if (scheduled) flush();
      });
    },
    flush,
  };
}
