// SPDX-License-Identifier: Apache-2.0
import { stringify } from 'yaml';
import type { Description } from '../description.ts';
import type { Keys } from '../keys.ts';
import { type OrdererNode, orderersOf, organizationsOf, peersOf } from '../nodes.ts';
import { address, type Places } from '../places.ts';

/** Input of `configtxgen`: for each channel a profile of its name. */
export function renderConfigtx(description: Description, places: Places, keys: Keys): string {
  const profiles = Object.entries(description.channels).map(([channel, members]) => [
    channel,
    {
      Capabilities: { V2_0: true },
      Policies: POLICIES,
      Orderer: renderOrdering(description, places, keys),
      Application: {
        Organizations: organizationsOf(description, members).map(({ id, mspId }) => ({
          ...renderMember(mspId, keys),
          Policies: { ...signedBy(mspId, 'member'), Endorsement: signature(mspId, 'peer') },
          // The peers of other organizations begin with these to find one another: private data go from peer to peer.
          AnchorPeers: peersOf(description, [id]).map((peer) => {
            const { host, port } = places.peer(peer).serves;
            return { Host: host, Port: port };
          }),
        })),
        Policies: {
          ...POLICIES,
          LifecycleEndorsement: implicit('MAJORITY Endorsement'),
          Endorsement: implicit('MAJORITY Endorsement'),
        },
        Capabilities: { V2_5: true },
      },
    },
  ]);
  return stringify({ Profiles: Object.fromEntries(profiles) }, { aliasDuplicateObjects: false });
}

/** Of two, both are a majority; of three, two. */
const implicit = (rule: string) => ({ Type: 'ImplicitMeta', Rule: rule });

const POLICIES = {
  Readers: implicit('ANY Readers'),
  Writers: implicit('ANY Writers'),
  Admins: implicit('MAJORITY Admins'),
};

const signature = (mspId: string, role: string) => ({ Type: 'Signature', Rule: `OR('${mspId}.${role}')` });

const signedBy = (mspId: string, role: string) => ({
  Readers: signature(mspId, role),
  Writers: signature(mspId, role),
  Admins: signature(mspId, 'admin'),
});

const renderMember = (mspId: string, keys: Keys) => ({
  Name: mspId,
  ID: mspId,
  MSPDir: keys.membership(mspId),
});

function renderOrdering(description: Description, places: Places, keys: Keys): object {
  const orderers = orderersOf(description);
  const endpoints = orderers.map((node) => address(places.orderer(node).serves));
  const { mspId } = description.ordering;
  return {
    OrdererType: 'etcdraft',
    Addresses: endpoints,
    BatchTimeout: description.batch.timeout,
    BatchSize: {
      MaxMessageCount: description.batch.transactions,
      PreferredMaxBytes: description.batch.preferredBytes,
      AbsoluteMaxBytes: description.batch.maxBytes,
    },
    EtcdRaft: {
      Consenters: orderers.map((node) => renderConsenter(node, places, keys)),
      // A leader that is silent for 2 s is replaced, within 2 to 4 s.
      Options: {
        TickInterval: '200ms',
        ElectionTick: 10,
        HeartbeatTick: 1,
        MaxInflightBlocks: 5,
        SnapshotIntervalSize: '16 MB',
      },
    },
    Organizations: [
      { ...renderMember(mspId, keys), Policies: signedBy(mspId, 'member'), OrdererEndpoints: endpoints },
    ],
    Policies: { ...POLICIES, BlockValidation: implicit('ANY Writers') },
    Capabilities: { V2_0: true },
  };
}

function renderConsenter(node: OrdererNode, places: Places, keys: Keys): object {
  const { host, port } = places.orderer(node).serves;
  const { certificate } = keys.orderer(node).tls;
  return { Host: host, Port: port, ClientTLSCert: certificate, ServerTLSCert: certificate };
}
