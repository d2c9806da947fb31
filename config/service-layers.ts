import type { Kind } from '../catalog/definition.js';
import { layOver, toLongForm, type LongForm } from './long-form.js';

/** One of the forms that are laid over each other, and how people call where it comes from. */
export interface Part {
  readonly from: string;
  readonly form: LongForm;
}

/** A service with all that was said about it laid together, and what the parts were. */
export interface Layered {
  readonly written: LongForm;
  readonly merged: LongForm;
  /** What `merged` is made of, the lowest first; the last is `written`. */
  readonly parts: readonly Part[];
  readonly kind: Kind | null;
  /** True where the commands of the kind's `atHome` were laid below what the user wrote. */
  readonly atHome: boolean;
}

/** kind < what follows from `unit` (and a `home` beside it), or else from `home` < what the user wrote (design §5). */
export function layTogether(written: LongForm, kind: Kind | null): Layered {
  const unit = written.unit ?? null;
  const hasHome = typeof written.home === 'string';
  const atHome = unit === null && kind !== null && hasHome;
  const parts: Part[] = [
    ...(kind ? [{ from: `kind ${kind.name}`, form: toLongForm(kind.service) }] : []),
    ...(unit === null ? [] : [{ from: 'follows from `unit`', form: fromUnit(unit) }]),
    ...(unit !== null && hasHome && kind?.besideUnit
      ? [{ from: `kind ${kind.name}, beside a unit`, form: toLongForm(kind.besideUnit) }]
      : []),
    ...(atHome ? [{ from: `kind ${kind.name}, at its home`, form: toLongForm(kind.atHome) }] : []),
    { from: 'the file', form: written },
  ];
  const merged = parts.reduce<LongForm>((below, { form }) => layOver(below, form), {});
  return { written, merged, parts, kind, atHome };
}

/**
 * Fixed lines, so that sudoers can allow exactly these. The characters of a unit's name need no quoting, which the
 * schema has checked.
 */
function fromUnit(unit: string): LongForm {
  return { start: { run: `sudo -n systemctl start ${unit}` }, stop: { run: `sudo -n systemctl stop ${unit}` } };
}
