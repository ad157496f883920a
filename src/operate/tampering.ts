// SPDX-License-Identifier: Apache-2.0
import express, { type Router } from 'express';
import { type Db, sql } from '../store/sql/database.ts';

/** For the demonstration alone: what somebody with access to the database could do. Doing it twice undoes it. */
export function tamperingRoutes(db: Db): Router {
  const router = express.Router();
  router.post('/demo/flip', async (request, response) => {
    const { type, id } = request.body as { type: string; id: string };
    const { rows } = await sql`
      update version set content = set_byte(content, 40, get_byte(content, 40) # 1)
      where type = ${type} and id = ${id} and current returning version`.execute(db);
    response.status(rows.length === 1 ? 200 : 404).json({ flipped: rows.length });
  });
  return router;
}
