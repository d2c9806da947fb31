import { instanceId, type Service } from '../../cluster/model.js';
import { pathsOf, type HostFacts } from '../host/facts.js';
import type { Fault, Judge } from './judge.js';

/** What the file says is on the host, and is not. What the login cannot see is not called missing. */
export const notInstalled: Judge = ({ host, services }, facts) => {
  const places = services.flatMap(pathsOf);
  const asked = places.every(({ path }) => facts.paths.has(path));
  const units = services.flatMap((s) => s.unit ?? []).every((unit) => (facts.units.get(unit)?.load ?? '') !== '');
  const faults = services.flatMap((service) =>
    faultsOf(service, facts).map((fault): Fault => ({ ...fault, instances: [instanceId(service.name, host.name)] })),
  );
  return (asked && units) || faults.length > 0 ? faults : null;
};

function faultsOf(service: Service, facts: HostFacts): Pick<Fault, 'evidence' | 'cure'>[] {
  const missing = pathsOf(service).filter(({ path, as }) => as !== 'vars' && facts.paths.get(path) === '0');
  const faults = missing.map(({ path, as }) =>
    as === 'home'
      ? { evidence: `there is no ${path}`, cure: `install ${service.name} there, or correct its \`home\`` }
      : {
          evidence: `there is no ${path}, where its data should be`,
          cure: 'see whether its disk is mounted (findmnt, /etc/fstab); never make it anew where there was data',
        },
  );
  const unit = service.unit === null ? undefined : facts.units.get(service.unit);
  if (service.unit === null || !unit || unit.load === 'loaded' || unit.load === '') return faults;
  const cures: Readonly<Record<string, string>> = {
    masked: `systemctl unmask ${service.unit}, if it was masked by mistake`,
    'not-found': `install its unit file and systemctl daemon-reload, or correct \`unit\``,
  };
  return [
    ...faults,
    {
      evidence: `unit ${service.unit} is ${unit.load}`,
      cure: `as root there: ${cures[unit.load] ?? `systemctl status ${service.unit} tells why`}`,
    },
  ];
}
