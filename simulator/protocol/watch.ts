import type { World } from '../world.js';
import type { Sampler } from './sample.js';
import type { Subject } from './script-reader.js';

/** Between two looks. */
const LOOK_MS = 100;
/** Silence after which a tick says that nothing changed; longer when nothing changed for a while. */
const TICK_MS = 200;
const CALM_AFTER_MS = 3_000;
const CALM_TICK_MS = 2_000;

export interface Watching {
  readonly subjects: readonly Subject[];
  readonly forMs: number;
  readonly write: (text: string) => void;
  readonly end: () => void;
}

/** Keeps looking and tells only what changed. @returns what ends it early, without calling `end`. */
export function watch(world: World, sampler: Sampler, { subjects, forMs, write, end }: Watching): () => void {
  const { clock } = world.parts;
  const last = new Map<Subject, string>();
  const ends = clock.now() + forMs;
  let told = clock.now();
  let changed = told;
  let seen = -1;
  let callOff: () => void = () => undefined;
  const look = (): void => {
    let tookMs = 0;
    // A world that has not changed has nothing new to say; questions that are not answered are asked again.
    if (seen !== world.version) {
      seen = world.version;
      for (const subject of subjects) {
        const sample = sampler.see(subject);
        tookMs += sample.tookMs;
        if (sample.key === last.get(subject)) continue;
        last.set(subject, sample.key);
        write(sample.lines);
        told = changed = clock.now();
      }
    }
    const now = clock.now();
    if (now >= ends) return end();
    if (now - told >= (now - changed >= CALM_AFTER_MS ? CALM_TICK_MS : TICK_MS)) {
      write('T\n');
      told = now;
    }
    callOff = clock.after(LOOK_MS + tookMs, look);
  };
  look();
  return () => callOff();
}
