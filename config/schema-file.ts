import { z } from 'zod';
import { clusterName, fields, hostSet, line, login, port, word, wrong } from './schema-texts.js';
import { service } from './schema-service.js';

/** The `ssh:` section. */
export const ssh = fields({
  user: login.optional().meta({ description: 'The login on every host.' }),
  port: port.optional().meta({ description: 'The port of sshd on every host.' }),
  jump: line.optional().meta({
    description: 'The host to go through, as for ssh -J; several with commas, the first to be visited in front.',
    examples: ['bastion', 'ops@bastion:2222', 'outer,bastion'],
  }),
  identity: line.optional().meta({ description: 'The private key: ~/… or a path beside this file.' }),
  knownHosts: line.optional().meta({ description: 'The known_hosts file: ~/… or a path beside this file.' }),
  config: line.optional().meta({ description: 'The ssh_config file: ~/… or a path beside this file.' }),
  sudoPassword: fields({
    file: line.meta({ description: 'A file on the worker that holds it: ~/… or a path beside this file.' }),
  })
    .optional()
    .meta({ description: "The login's password for sudo, read when needed. Default: sudo must need none (NOPASSWD)." }),
}).meta({ description: 'What is not said here comes from ssh_config, the agent and known_hosts, as for ssh itself.' });

/** How hosts of a set are reached, in long form. */
export const hostDetails = fields({
  address: line
    .optional()
    .meta({ description: 'Address, or as many as there are hosts.', examples: ['10.0.0.[11-13]'] }),
  port: port.optional().meta({ description: 'The port of sshd.' }),
  user: login.optional().meta({ description: 'The login.' }),
});

/** What stands after a host set under `hosts:`. */
export const hostEntry = z
  .union([line, hostDetails, z.null()], {
    error: wrong(
      'must be an address, a map of address, port and user, or nothing',
      'write 10.0.0.[11-13], or leave it empty',
    ),
  })
  .meta({
    description: 'An address for each host (same length), { address, port, user }, or nothing: the name is looked up.',
  });

const rackError = wrong('must be a list of host sets, one for each rack', 'write [ "w[1-3]", "w[4-6]" ]');

/** What stands after a set of racks under `racks:`. */
export const rackEntry = z
  .union([hostSet, z.array(hostSet, { error: rackError })], { error: rackError })
  .meta({ description: 'The hosts of the rack, or a list with the host set of each rack.' });

const mapError = wrong('must be a map', 'write "name: value" lines');
const layersError = wrong(
  'must be a list of layers, lowest first',
  'write "- name: storage" and its services below it',
);

/** The sections of a file; what is inside those that can be judged piece by piece is left open. */
export const outline = fields({
  name: clusterName,
  ssh: z.unknown().optional(),
  hosts: z.record(z.string(), z.unknown(), { error: mapError }),
  racks: z.record(z.string(), z.unknown(), { error: mapError }).optional(),
  layers: z.array(z.unknown(), { error: layersError }).min(1, { error: layersError }),
});

/** A layer; its services are judged one by one. */
export const layerOutline = fields({
  name: word,
  services: z.union([z.record(z.string(), z.unknown()), z.null()], { error: mapError }),
});

/** The whole file, for editors. Loading goes piece by piece, so that one mistake never hides another. */
export const clusterFile = fields({
  name: clusterName.meta({ description: 'What the cluster is called everywhere.', examples: ['koverse'] }),
  ssh: ssh.optional(),
  hosts: z.record(hostSet, hostEntry).meta({ description: 'Every host: host set → address, details, or nothing.' }),
  racks: z
    .record(hostSet, rackEntry)
    .optional()
    .meta({ description: 'Which hosts share a rack: rack set → host sets.' }),
  layers: z
    .array(
      fields({
        name: word.meta({ description: 'What the layer is called.' }),
        services: z
          .record(z.string(), z.union([hostSet, service]))
          .meta({ description: 'Service → host set (its name is then its kind) or its fields.' }),
      }),
    )
    .min(1)
    .meta({ description: 'The layers in order, lowest first: each is started when all below are healthy.' }),
}).meta({ title: 'Blackstart cluster file', description: 'One cluster: its hosts, and its services in layers.' });
