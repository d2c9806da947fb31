import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { allServices } from '../../cluster/model.js';
import { foldHosts } from '../../cluster/host-set.js';
import { loadClusterText } from '../../config/load.js';
import { loopbackAddress } from '../../simulator/addresses.js';
import { simulatedClusterFile, type WrittenCluster } from '../../simulator/cluster-file.js';
import { demoCluster, wideCluster } from '../../simulator/sample-clusters.js';

function load(written: WrittenCluster) {
  const loaded = loadClusterText(simulatedClusterFile(written), '/tmp/x.yaml');
  assert.ok(loaded.ok, JSON.stringify(loaded));
  return loaded.cluster;
}

describe('cluster files of the simulator', () => {
  test('the demo is nine hosts in three layers and without a complaint', () => {
    const cluster = load(demoCluster({ name: 'demo', directory: '/tmp/x' }));
    assert.equal(foldHosts(cluster.hosts.map(({ name }) => name)), 'm[1-3],w[1-4],app[1-2]');
    assert.deepEqual(
      cluster.layers.map(({ name, services }) => `${name}: ${services.map((s) => s.name).join(' ')}`),
      [
        'storage: zookeeper namenode datanode postgresql',
        'data-services: manager tserver kafka',
        'application: gc monitor server web',
      ],
    );
    assert.equal(cluster.hosts[0]?.address, '127.77.0.1');
    assert.equal(cluster.ssh.identity, '/tmp/x/id_ed25519');
  });

  test('a thousand workers are four thousand instances and more', () => {
    const cluster = load(wideCluster({ name: 'wide', directory: '/tmp/x', firstAddress: 500 }, 1_000));
    assert.equal(cluster.hosts.length, 1_003);
    assert.equal(
      allServices(cluster).reduce((sum, service) => sum + service.hosts.length, 0),
      4_009,
    );
  });

  test('every pretend host has an address of its own, none of which looks like a network', () => {
    const all = Array.from({ length: 60_000 }, (_, i) => loopbackAddress(i + 1));
    assert.equal(new Set(all).size, 60_000);
    assert.ok(all.every((address) => /^127\.77\.\d{1,3}\.\d{1,3}$/.test(address) && !/\.(0|255)$/.test(address)));
    assert.ok(all.every((address) => Number(address.split('.')[2]) < 256));
    assert.throws(() => loopbackAddress(0), RangeError);
    assert.throws(() => loopbackAddress(60_001), RangeError);
  });
});
