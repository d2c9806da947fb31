import type { RunStatus } from '../workflows/messages.js';
import { holdLines, statusLines } from './words.js';

/** Shows a run: redrawn in place on a terminal, one line a change when piped, JSON lines with `--json`. All on stderr. */
export interface Screen {
  show(status: RunStatus): void;
  /** A remark that is not part of the status; said once in a row. */
  say(text: string): void;
  close(): void;
}

export function createScreen(json: boolean): Screen {
  if (json) return jsonScreen();
  return process.stderr.isTTY && process.env['TERM'] !== 'dumb' ? liveScreen() : plainScreen();
}

function jsonScreen(): Screen {
  let last = '';
  const print = (text: string): void => {
    if (text !== last) process.stderr.write(`${text}\n`);
    last = text;
  };
  return {
    show: (status) => print(JSON.stringify({ type: 'status', ...status, situation: undefined })),
    say: (text) => print(JSON.stringify({ type: 'remark', text })),
    close: () => {},
  };
}

function liveScreen(): Screen {
  let drawn = 0;
  let remark = '';
  let seen = 0;
  const draw = (lines: readonly string[]): void => {
    const width = process.stderr.columns || 80;
    // A line that wraps would be counted as one and leave its rest behind.
    const cut = lines.map((line) =>
      visible(line) > width ? `${line.slice(0, width + line.length - visible(line) - 1)}\u001b[0m` : line,
    );
    process.stderr.write(`${drawn > 0 ? `\u001b[${drawn}A\u001b[J` : ''}${cut.join('\n')}\n`);
    drawn = cut.length;
  };
  return {
    show: (status) => {
      const fresh = newEvents(status, seen);
      seen = Math.max(seen, lastEventAt(status));
      if (fresh.length > 0 && drawn > 0) process.stderr.write(`\u001b[${drawn}A\u001b[J`);
      if (fresh.length > 0) drawn = 0;
      for (const line of fresh) process.stderr.write(`${line}\n`);
      remark = '';
      draw(statusLines(status, Date.now()));
    },
    say: (text) => {
      if (text !== remark) process.stderr.write(`${text}\n`);
      remark = text;
      drawn = 0;
    },
    close: () => {},
  };
}

function visible(line: string): number {
  // oxlint-disable-next-line no-control-regex -- colour codes take no room on the screen
  return line.replaceAll(/\u001b\[[0-9;]*m/g, '').length;
}

function plainScreen(): Screen {
  let seen = 0;
  let held = '';
  let remark = '';
  const print = (text: string): void => void process.stderr.write(`${text}\n`);
  return {
    show: (status) => {
      remark = '';
      for (const line of newEvents(status, seen)) print(line);
      seen = Math.max(seen, lastEventAt(status));
      if (status.hold && status.hold.id !== held)
        for (const line of holdLines(status.hold, status.cluster)) print(line);
      held = status.hold?.id ?? '';
    },
    say: (text) => {
      if (text !== remark) print(text);
      remark = text;
    },
    close: () => {},
  };
}

function newEvents(status: RunStatus, seen: number): string[] {
  return status.events.filter((e) => Date.parse(e.at) > seen).map((e) => `${e.at.slice(11, 19)} ${e.text}`);
}

function lastEventAt(status: RunStatus): number {
  return status.events.length === 0 ? 0 : Date.parse(status.events.at(-1)?.at ?? '');
}
