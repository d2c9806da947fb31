import { userInfo } from 'node:os';
import type { Endpoint, Route } from './endpoint.js';
import { NotSent } from './failures.js';
import { parseJump, type JumpHost } from './jump.js';
import { hostWithPort } from './known-hosts.js';
import type { SshConfig, SshOptions } from './ssh-config.js';
import { expandPath, type PathTokens } from './ssh-paths.js';
import { checkTarget } from './target-check.js';
import type { Target } from './types.js';

const DEFAULT_CONNECT_MS = 10_000;
/** What ssh would use; only for machines without an ssh client to ask. */
const DEFAULT_OPTIONS: SshOptions = new Map([
  ['identityfile', ['~/.ssh/id_rsa', '~/.ssh/id_ecdsa', '~/.ssh/id_ed25519']],
  ['userknownhostsfile', ['~/.ssh/known_hosts ~/.ssh/known_hosts2']],
  ['globalknownhostsfile', ['/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2']],
]);

/**
 * Finds the way to a target: its own fields first, then ssh_config, then ssh's defaults.
 * StrictHostKeyChecking is not read: unknown host keys are always refused.
 * Throws NotSent('config') for what cannot be done: ProxyCommand, RevokedHostKeys, more than one jump.
 */
export async function resolveTarget(target: Target, config: SshConfig): Promise<Route> {
  checkTarget(target);
  const options = await ask(target, config);
  const endpoint = toEndpoint(target, options, []);
  const jumpText = target.jump ?? first(options, 'proxyjump');
  if (jumpText === null) refuseProxyCommand(target, options);
  const jumpHost = jumpText === null ? null : parseJump(jumpText, target.name);
  if (jumpHost === null) return { endpoint, jump: null };
  const jump = await resolveJump(target, jumpHost, config);
  // "Host * / ProxyJump bastion" also tells the bastion to jump through itself; ssh ignores that, and so do we.
  const isItself = jump.host === endpoint.host && jump.port === endpoint.port;
  return { endpoint, jump: isItself ? null : jump };
}

async function resolveJump(target: Target, jump: JumpHost, config: SshConfig): Promise<Endpoint> {
  const asTarget: Target = {
    ...target,
    name: jump.host,
    address: null,
    port: jump.port,
    user: jump.user,
    identityFile: null,
  };
  checkTarget(asTarget);
  const options = await ask(asTarget, config);
  // The key named for the target is offered to the jump host too, before the jump host's own keys.
  const endpoint = toEndpoint(asTarget, options, target.identityFile === null ? [] : [target.identityFile]);
  refuseProxyCommand(asTarget, options);
  const next = parseJump(first(options, 'proxyjump') ?? 'none', jump.host);
  if (next !== null && !names(next, endpoint)) {
    const why = `its jump host ${jump.host} is itself behind ${next.host} (ProxyJump); only one jump is supported`;
    throw new NotSent('config', `${target.name}: ${why}. Name a jump host that can be reached directly.`);
  }
  return endpoint;
}

async function ask({ name, address, port, user, configFile }: Target, config: SshConfig): Promise<SshOptions> {
  return (await config.lookUp({ host: address ?? name, port, user, configFile })) ?? DEFAULT_OPTIONS;
}

function toEndpoint(target: Target, options: SshOptions, extraIdentities: readonly string[]): Endpoint {
  refuseRevokedHostKeys(target, options);
  const host = target.address ?? first(options, 'hostname') ?? target.name;
  const port = target.port ?? Number(first(options, 'port') ?? 22);
  const user = target.user ?? first(options, 'user') ?? userInfo().username;
  const alias = first(options, 'hostkeyalias');
  // As OpenSSH does: an alias stands alone, and on another port the host's bare name is looked up as well.
  const hostKeyNames = alias === null ? [...new Set([hostWithPort(host, port), host])] : [alias];
  const tokens: PathTokens = { name: target.address ?? target.name, host, port, user, hostKeyName: alias ?? host };
  const expand = (path: string): string => expandPath(path, tokens);
  const ownIdentities = options.get('identityfile') ?? [];
  const seconds = Number(first(options, 'connecttimeout'));
  return {
    name: target.name,
    host,
    port,
    user,
    hostKeyNames,
    knownHostsFiles: target.knownHostsFile === null ? knownHostsFiles(options).map(expand) : [target.knownHostsFile],
    identityFiles:
      target.identityFile === null ? [...extraIdentities, ...ownIdentities.map(expand)] : [target.identityFile],
    agent: target.identityFile === null ? agentSocket(options, expand) : null,
    identitiesOnly: first(options, 'identitiesonly') === 'yes',
    connectTimeoutMs: seconds > 0 ? seconds * 1000 : DEFAULT_CONNECT_MS,
  };
}

function first(options: SshOptions, keyword: string): string | null {
  return options.get(keyword)?.[0] ?? null;
}

function knownHostsFiles(options: SshOptions): string[] {
  // `ssh -G` puts no quotes around names with spaces; such a file is not found, which refuses and never admits.
  const lists = [first(options, 'userknownhostsfile'), first(options, 'globalknownhostsfile')];
  return lists.flatMap((list) => (list ?? '').split(' ')).filter((file) => file !== '' && file !== 'none');
}

function agentSocket(options: SshOptions, expand: (path: string) => string): string | null {
  const said = first(options, 'identityagent');
  if (said === null || said === 'SSH_AUTH_SOCK') return process.env['SSH_AUTH_SOCK'] || null;
  if (said === 'none') return null;
  return said.startsWith('$') && !said.startsWith('${') ? process.env[said.slice(1)] || null : expand(said);
}

function names(jump: JumpHost, endpoint: Endpoint): boolean {
  const samePort = jump.port === null || jump.port === endpoint.port;
  return samePort && (jump.host === endpoint.host || jump.host === endpoint.name);
}

function refuseProxyCommand(target: Target, options: SshOptions): void {
  const command = first(options, 'proxycommand');
  if (command === null || command === 'none') return;
  const why = `ssh_config gives it the ProxyCommand "${command}", which is not supported`;
  throw new NotSent('config', `${target.name}: ${why}. Use ProxyJump, or set the target's jump.`);
}

function refuseRevokedHostKeys(target: Target, options: SshOptions): void {
  const file = first(options, 'revokedhostkeys');
  if (file === null || file === 'none') return;
  const why = `ssh_config names RevokedHostKeys ${file}, which cannot be honoured`;
  throw new NotSent('config', `${target.name}: ${why}. Use @revoked lines in known_hosts instead.`);
}
