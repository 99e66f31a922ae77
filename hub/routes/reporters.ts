/** Who reported a ticket: shown masked; in full only to who has to call back, and every look is on the audit log. */
import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import type { RoutePlugin } from '../plugins/app.ts';
import { seenOr404 } from '../plugins/viewer.ts';
import { maskName, maskPhone } from '../public/mask.ts';
import type { TicketTables } from '../tickets/tables.ts';

const reporters: RoutePlugin = async (app, { services }) => {
  const db = services.records.db.withTables<TicketTables>();

  app.get(
    '/api/tickets/:id/reporter',
    {
      config: { access: 'signed-in' },
      schema: {
        tags: ['tickets'],
        summary: 'Who reported it: masked, or in full with ?full=true (audited)',
        params: z.strictObject({ id: z.string().max(64) }),
        querystring: z.strictObject({ full: z.enum(['true', 'false']).default('false') }),
      },
    },
    async ({ viewer, params: { id }, query: { full } }) => {
      const ticket = seenOr404(viewer, await services.tickets.get(id), 'ticket');
      const row = await db.selectFrom('residentReports').selectAll().where('ticketId', '=', id).executeTakeFirst();
      if (!row) throw new AppError('not-found', 'no resident reported this ticket');
      const { name, phone } = row;
      if (full === 'false') return { name: name && maskName(name), phone: phone && maskPhone(phone), masked: true };
      if (viewer.role === 'guard') throw new AppError('forbidden', 'the role guard sees reporters masked');
      await services.audit.add({
        actor: { type: 'person', id: viewer.username },
        action: 'reporter.viewed',
        target: { type: 'ticket', id },
        communityId: ticket.communityId,
      });
      return { name, phone, masked: false };
    },
  );
};

export default reporters;
