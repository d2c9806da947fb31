import type { Kind } from '../catalog/definition.js';
import { layOver, toLongForm, type LongForm } from './long-form.js';

/** A service with all that was said about it laid together, and what the parts were. */
export interface Layered {
  readonly written: LongForm;
  readonly merged: LongForm;
  readonly kind: Kind | null;
  /** True where the commands of the kind's `atHome` were laid below what the user wrote. */
  readonly atHome: boolean;
}

/** kind < what follows from `unit` (and a `home` beside it), or else from `home` < what the user wrote (design §5). */
export function layTogether(written: LongForm, kind: Kind | null): Layered {
  const base = kind ? toLongForm(kind.service) : {};
  const unit = written.unit ?? null;
  const atHome = unit === null && kind !== null && typeof written.home === 'string';
  const beside = kind?.besideUnit && typeof written.home === 'string' ? toLongForm(kind.besideUnit) : {};
  const between = unit !== null ? layOver(fromUnit(unit), beside) : atHome ? toLongForm(kind.atHome) : {};
  const merged = layOver(layOver(base, between), written);
  return { written, merged, kind, atHome };
}

/**
 * Fixed lines, so that sudoers can allow exactly these. The characters of a unit's name need no quoting, which the
 * schema has checked.
 */
function fromUnit(unit: string): LongForm {
  return { start: { run: `sudo -n systemctl start ${unit}` }, stop: { run: `sudo -n systemctl stop ${unit}` } };
}
