import { instanceId } from '../../cluster/model.js';
import { sudoCommandsOf, type HostFacts, type Leave } from '../host/facts.js';
import { takesPassword } from '../sudo.js';
import { installLine, sudoersForCommands, sudoersForUser } from './cures.js';
import type { Fault, Judge, Subject } from './judge.js';

/** What the login may not do although the commands of its services need it; with the exact lines that are missing. */
export const noLeave: Judge = (subject, facts) => {
  if (facts.login === null) return null;
  if (facts.sudoPassword?.granted === false) {
    const needy = subject.services.filter((service) => takesPassword(service));
    return [
      {
        instances: needy.map((s) => instanceId(s.name, subject.host.name)),
        evidence: `sudo does not take the password of the sudoPassword file for ${facts.login.name}, it was tried once: ${saying(facts.sudoPassword)}`,
        cure: 'correct the file on the workers; a login that is locked: faillock --user NAME --reset, as root there',
      },
    ];
  }
  const users = usersRefused(subject, facts, facts.login);
  const commands = commandsRefused(subject, facts, facts.login);
  return users && commands && [...users, ...commands];
};

type Login = NonNullable<HostFacts['login']>;

function usersRefused({ host, services }: Subject, facts: HostFacts, login: Login): Fault[] | null {
  const faults: Fault[] = [];
  for (const user of new Set(services.flatMap((s) => s.user ?? []))) {
    const leave = facts.sudoUsers.get(user);
    if (!leave) return null;
    if (leave.granted) continue;
    const ids = services.filter((s) => s.user === user).map((s) => instanceId(s.name, host.name));
    faults.push({
      instances: ids,
      evidence: `${login.name} may not act as ${user}: ${saying(leave)}`,
      ...cureFor(user, leave, login),
    });
  }
  return faults;
}

function cureFor(user: string, leave: Leave, login: Login): { cure: string } {
  if (/unknown user|does not exist/.test(leave.text))
    return { cure: `create the user ${user} there, or correct \`user:\`` };
  if (login.sudo === '' && login.name !== 'root')
    return { cure: `${installLine(['sudo'], login)}; then ${sudoersForUser(login.name, user)}` };
  return { cure: sudoersForUser(login.name, user) };
}

/** All lines of one service that are refused for the same reason together: one line of sudoers. */
function commandsRefused({ host, services }: Subject, facts: HostFacts, login: Login): Fault[] | null {
  const faults: Fault[] = [];
  for (const service of services) {
    const commands = sudoCommandsOf(service);
    const answers = commands.map((words) => facts.sudoCommands.get(words.join(' ')));
    if (answers.includes(undefined)) return null;
    const refused = commands.filter((words) => facts.sudoCommands.get(words.join(' '))?.granted === false);
    const [first] = refused;
    if (!first) continue;
    const leave = facts.sudoCommands.get(first.join(' '));
    // Who runs the command: sudo is asked by the service's user, where it has one.
    const asker = service.user ?? login.name;
    const allow = sudoersForCommands(asker, refused, login.systemctl);
    faults.push({
      instances: [instanceId(service.name, host.name)],
      evidence: `${asker} may not run ${refused.map((words) => words.join(' ')).join(', ')} as root: ${leave ? saying(leave) : ''}`,
      cure: login.sudo === '' ? `${installLine(['sudo'], login)}; then, unless the login is root, ${allow}` : allow,
    });
  }
  return faults;
}

function saying({ code, text }: Leave): string {
  const line = text.split('\n').find((l) => l.trim() !== '');
  // sudo -l says nothing at all where it refuses.
  if (line === undefined) return code === '124' || code === '137' ? 'sudo did not answer in 5 s' : 'sudo refuses';
  return line.trim();
}
