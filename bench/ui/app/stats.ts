/** What the page counts, read by the runner. */
export interface Stats {
  tableRenders: number;
  rowRenders: number;
  /** Animation frames in which the table was rendered, and the most renders in any one of them. */
  frames: number;
  mostRendersInAFrame: number;
  items: number;
}

declare global {
  interface Window {
    stats: Stats;
  }
}

const stats: Stats = {
  tableRenders: 0,
  rowRenders: 0,
  frames: 0,
  mostRendersInAFrame: 0,
  items: 0,
};
window.stats = stats;

let frame = 0;
let lastFrame = -1;
let inFrame = 0;

function countFrames() {
  frame += 1;
  requestAnimationFrame(countFrames);
}
requestAnimationFrame(countFrames);

export function countTable(items: number): void {
  stats.tableRenders += 1;
  stats.items = items;
  if (frame !== lastFrame) {
    lastFrame = frame;
    inFrame = 0;
    stats.frames += 1;
  }
  inFrame += 1;
  stats.mostRendersInAFrame = Math.max(stats.mostRendersInAFrame, inFrame);
}

export function countRow(): void {
  stats.rowRenders += 1;
}
