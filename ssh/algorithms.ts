import type { Algorithms, ServerHostKeyAlgorithm } from 'ssh2';

/** Host key algorithms in the order asked for when known_hosts says nothing. SHA-1 and DSA are left out. */
const HOST_KEY_ALGORITHMS: readonly ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
];

/**
 * The algorithms to offer, with those of the known host key types first: otherwise the server would show another key of
 * its own, which known_hosts does not have.
 */
export function algorithmsFor(knownKeyTypes: readonly string[]): Algorithms {
  const known = knownKeyTypes.flatMap(algorithmsOfKeyType);
  return {
    serverHostKey: [...new Set([...known, ...HOST_KEY_ALGORITHMS])],
    // Measured: 1.5 s of CPU a handshake, during which the event loop stands still.
    kex: {
      append: [],
      prepend: [],
      remove: ['diffie-hellman-group-exchange-sha256', 'diffie-hellman-group-exchange-sha1'],
    },
  };
}

function algorithmsOfKeyType(keyType: string): ServerHostKeyAlgorithm[] {
  if (keyType === 'ssh-rsa') return ['rsa-sha2-512', 'rsa-sha2-256'];
  return HOST_KEY_ALGORITHMS.filter((algorithm) => algorithm === keyType);
}
