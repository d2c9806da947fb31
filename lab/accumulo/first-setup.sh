#!/bin/bash
# Once, as user accumulo, on a running ZooKeeper and HDFS: an empty instance. Never done by the product.
exec /opt/accumulo/bin/accumulo init --instance-name lab --password blackstart-lab
