// SPDX-License-Identifier: Apache-2.0
import { type Kysely, sql } from 'kysely';

/** The log may be anchored on several channels, each at its own pace. What was anchored before was on the only channel there was. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`create table log_anchor (
    channel text not null,
    size bigint not null references log_checkpoint (size),
    transaction_id text not null,
    block bigint,
    anchored_at timestamptz not null,
    primary key (channel, size)
  )`.execute(db);
  await sql`insert into log_anchor
    select 'exchange', size, transaction_id, block, anchored_at from log_checkpoint
    where transaction_id is not null and anchored_at is not null`.execute(db);
  await sql`drop index log_checkpoint_anchored`.execute(db);
  await sql`alter table log_checkpoint drop column transaction_id, drop column block, drop column anchored_at`.execute(
    db,
  );
}
