/** The alarms of an incident are looked up at each reminder and each ticket. */
import type { Kysely } from 'kysely';

export default {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema.createIndex('alarms_by_incident_id').ifNotExists().on('alarms').column('incident_id').execute();
  },
};
