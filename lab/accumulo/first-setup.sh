#!/bin/bash
# Once, as user accumulo, on a running ZooKeeper and HDFS: an empty instance. Never done by the product.
set -eu
/opt/accumulo/bin/accumulo init --instance-name lab --password blackstart-lab
# Accumulo wants five copies of its tables of tables. On three DataNodes they would be missing two for ever, and a
# dfs.replication.max below five refuses each of their files, so that nothing can be flushed and stopAll never ends.
for table in accumulo.root accumulo.metadata; do
  /opt/accumulo/bin/accumulo zoo-prop-editor -t "$table" -s table.file.replication=3
done
