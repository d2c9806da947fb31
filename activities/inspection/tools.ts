import { instanceId } from '../../cluster/model.js';
import { installLine } from './cures.js';
import type { Fault, Judge } from './judge.js';

/** Programs the scripts need and the host lacks, or has in a form that does not do. */
export const toolsMissing: Judge = ({ host, services }, facts) => {
  if (facts.missingTools === null) return null;
  const faults: Fault[] = [];
  const missing = facts.missingTools;
  if (missing.length > 0) {
    faults.push({
      instances: services.map((s) => instanceId(s.name, host.name)),
      evidence: `missing: ${missing.join(', ')}`,
      cure: installLine(missing, facts.login),
    });
  }
  // Not asked where no service is recognised by its process.
  const why = missing.includes('ps') ? '' : (facts.processes ?? '');
  if (why !== '') {
    const hidden = why.includes('hidepid');
    faults.push({
      instances: services.filter((s) => s.running.by === 'process').map((s) => instanceId(s.name, host.name)),
      evidence: `no process can be proven absent: ${why.split('\n')[0] ?? ''}`,
      cure: hidden
        ? `as root there: mount -o remount,hidepid=0 /proc, or add ${facts.login?.name ?? 'the login'} to the group of its gid= option`
        : `${installLine(['ps'], facts.login)} (busybox's ps does not do)`,
    });
  }
  return faults;
};
