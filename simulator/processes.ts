/** Makes and signals the processes of instances: real ones, or numbers that stand for them. */
export interface Processes {
  /** Starts one; `words` are the end of its command line. `onExit` is called once, never before this returns. */
  spawn(host: string, words: readonly string[], onExit: () => void): number;
  /** Signals one that `spawn` made and that has not exited; does nothing otherwise. */
  signal(pid: number, signal: 'TERM' | 'KILL' | 'STOP' | 'CONT'): void;
  /** Makes the process ignore TERM from now on, or heed it again. */
  ignoreTerm(pid: number, ignores: boolean): void;
  /** Ends all of them and waits until they are gone. */
  close(): Promise<void>;
}

/** Process numbers without processes, for fleets of thousands. Numbers begin where no real ones are. */
export function virtualProcesses(): Processes {
  const living = new Map<
    number,
    { onExit: () => void; stopped: boolean; termPending: boolean; ignoresTerm: boolean }
  >();
  let last = 5_000_000;
  const end = (pid: number): void => {
    const process = living.get(pid);
    living.delete(pid);
    if (process) queueMicrotask(process.onExit);
  };
  return {
    spawn: (_host, _words, onExit) => {
      last += 1;
      living.set(last, { onExit, stopped: false, termPending: false, ignoresTerm: false });
      return last;
    },
    signal: (pid, signal) => {
      const process = living.get(pid);
      if (!process) return;
      switch (signal) {
        case 'KILL':
          return end(pid);
        case 'STOP':
          process.stopped = true;
          return;
        case 'TERM':
          // A stopped process gets it when it goes on, as a real one does.
          if (process.stopped) process.termPending = true;
          else if (!process.ignoresTerm) end(pid);
          return;
        case 'CONT':
          process.stopped = false;
          if (process.termPending && !process.ignoresTerm) end(pid);
          process.termPending = false;
      }
    },
    ignoreTerm: (pid, ignores) => {
      const process = living.get(pid);
      if (process) process.ignoresTerm = ignores;
    },
    close: () => {
      living.clear();
      return Promise.resolve();
    },
  };
}
