import type { ConditionObservation } from '../cluster/situation.js';

/** Law 1 lets evidence be 30 s old when it is acted on; the rest is for the look itself and the way of the act. */
const FRESH_MS = 20_000;

/** Remembers which service-wide conditions were seen to hold, so that what costs seconds is not asked twice in a row. */
export interface Evidence {
  /** Takes in what was seen by a look or a gate that was asked at this time. */
  saw(conditions: readonly ConditionObservation[], at: number): void;
  /** Something was changed in this layer: what was seen of it, and of what stands on it, counts no more. */
  changed(layer: number): void;
  /** Something was lost: nothing that was seen counts any more. */
  forget(): void;
  fresh(): ConditionObservation[];
}

/** @param layerOf the index of a service's layer, lowest 0. */
export function createEvidence(layerOf: (service: string) => number): Evidence {
  const seen = new Map<string, { observation: ConditionObservation; at: number }>();
  const keyOf = ({ service, name }: ConditionObservation): string => `${service} ${name}`;
  return {
    saw: (conditions, at) => {
      for (const observation of conditions) {
        const key = keyOf(observation);
        if (observation.met !== true) seen.delete(key);
        // A look that was told of it repeats it: it becomes no younger by that.
        else if (!seen.has(key)) seen.set(key, { observation, at });
      }
    },
    changed: (layer) => {
      for (const [key, { observation }] of seen) if (layerOf(observation.service) >= layer) seen.delete(key);
    },
    forget: () => seen.clear(),
    fresh: () => {
      for (const [key, { at }] of seen) if (Date.now() - at > FRESH_MS) seen.delete(key);
      return [...seen.values()].map(({ observation }) => observation);
    },
  };
}
