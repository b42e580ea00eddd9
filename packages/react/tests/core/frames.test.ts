import { createFrameScheduler } from "@fairlead/react/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("what is scheduled several times before a frame runs once", () => {
  const frames: (() => void)[] = [];
  const scheduler = createFrameScheduler((run) => frames.push(run));
  const task = vi.fn();
  for (let n = 0; n < 5; n += 1) scheduler.schedule(task);
  frames.shift()?.();
  expect(task).toHaveBeenCalledOnce();
  expect(frames).toHaveLength(0);
});

test("a task may schedule itself for the next frame", () => {
  const frames: (() => void)[] = [];
  const scheduler = createFrameScheduler((run) => frames.push(run));
  let runs = 0;
  const task = () => {
    runs += 1;
    if (runs < 3) scheduler.schedule(task);
  };
  scheduler.schedule(task);
  while (frames.length > 0) frames.shift()?.();
  expect(runs).toBe(3);
});

test("a hidden tab, which gets no animation frames, is served by a timer", () => {
  vi.stubGlobal("requestAnimationFrame", () => 0);
  const task = vi.fn();
  createFrameScheduler().schedule(task);
  vi.advanceTimersByTime(1_000);
  expect(task).toHaveBeenCalledOnce();
});

test("an animation frame comes first where there is one", () => {
  const frames: FrameRequestCallback[] = [];
  vi.stubGlobal("requestAnimationFrame", (callback: FrameRequestCallback) => frames.push(callback));
  const task = vi.fn();
  createFrameScheduler().schedule(task);
  frames[0]?.(0);
  vi.advanceTimersByTime(1_000);
  expect(task).toHaveBeenCalledOnce();
});
