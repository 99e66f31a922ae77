/** Work orders of the fake hub: facts folded by core, clocks by simple wall time. */
import { foldTicket, type Ticket, type TicketFact, type TicketFactBody } from '../../core/ticket.ts';
import { decideTicket, ticketActionSchema } from '../../core/ticket-action.ts';

const MINUTE_MS = 60_000;
const TARGETS = { respond: 60 * MINUTE_MS, arrive: 4 * 60 * MINUTE_MS, solve: 48 * 60 * MINUTE_MS };

export interface FakeTickets {
  call(
    method: string,
    path: string,
    body: Record<string, unknown>,
    publish: (event: string, data: unknown) => void,
  ): [number, unknown];
  publicCall(method: string, path: string, body: Record<string, unknown>): [number, unknown];
}

export function fakeTickets(now: number): FakeTickets {
  const logs = new Map<string, TicketFact[]>();
  const say = (ticketId: string, body: TicketFactBody, at: number, id = 'property') => {
    const log = logs.get(ticketId) ?? [];
    const author = { type: id === 'hub' ? 'system' : id === 'resident' ? 'resident' : 'person', id } as const;
    logs.set(ticketId, [...log, { id: `${ticketId}-${log.length}`, ticketId, step: log.length, at, author, body }]);
  };
  const create = (id: string, ageMinutes: number, created: Partial<Extract<TicketFactBody, { type: 'created' }>>) =>
    say(
      id,
      {
        type: 'created',
        communityId: 'jinxiu',
        title: '公共照明损坏',
        description: '',
        category: 'electrical',
        priority: 'normal',
        source: 'resident',
        location: { building: '5', unit: '1', floor: 3 },
        ...created,
      },
      now - ageMinutes * MINUTE_MS,
      created.source === 'alarm' ? 'hub' : 'resident',
    );
  create('tk-1', 2, {
    title: '烟雾报警 3号楼2单元5层502',
    category: 'fire',
    priority: 'urgent',
    source: 'alarm',
    alarmId: 'al-0001',
    location: { building: '3', unit: '2', floor: 5, room: '502' },
  });
  create('tk-2', 55, {});
  create('tk-3', 200, { title: '垃圾房异味', category: 'sanitation', location: { spot: '2号垃圾房' } });
  say('tk-3', { type: 'taken' }, now - 170 * MINUTE_MS);
  create('tk-4', 500, {
    title: '单元门关不上',
    category: 'gate',
    priority: 'high',
    location: { building: '2', unit: '1', floor: 1 },
  });
  say('tk-4', { type: 'taken' }, now - 480 * MINUTE_MS);
  say('tk-4', { type: 'started' }, now - 400 * MINUTE_MS);
  say('tk-4', { type: 'paused', reason: '等配件，明天上午到' }, now - 300 * MINUTE_MS);
  create('tk-5', 3000, { title: '下水道堵塞', category: 'plumbing' });
  say('tk-5', { type: 'taken' }, now - 2990 * MINUTE_MS);
  say('tk-5', { type: 'started' }, now - 2900 * MINUTE_MS);
  say('tk-5', { type: 'resolved', outcome: 'fixed', note: '已疏通' }, now - 2700 * MINUTE_MS);

  const item = (ticket: Ticket) => itemOf(ticket, [...logs.keys()].indexOf(ticket.id) + 101);
  const all = () => [...logs.values()].flatMap((log) => foldTicket(log) ?? []);
  const detail = (id: string): [number, unknown] => {
    const ticket = foldTicket(logs.get(id) ?? []);
    if (!ticket) return [404, { error: { code: 'not-found', message: 'there is no such ticket' } }];
    const history = (logs.get(id) ?? []).map(({ id: factId, at, author, body }) => {
      const { type, ...rest } = body;
      return { id: factId, at, what: type, who: author, detail: rest };
    });
    const mayDo = ticketActionSchema.options.map((option) => option.shape.action.value);
    return [200, { ...item(ticket), history, mayDo }];
  };

  return {
    call(method, path, body, publish) {
      const [, , , id, part] = path.split('/');
      if (!id && method === 'GET') return [200, { items: all().map(item), nextCursor: null }];
      if (!id) {
        const made = `tk-${logs.size + 1}`;
        create(made, 0, { ...body, source: 'staff' });
        return detail(made);
      }
      if (part !== 'actions') return detail(id);
      const ticket = foldTicket(logs.get(id) ?? []);
      const action = ticketActionSchema.safeParse(body);
      if (!ticket || !action.success) return [422, { error: { code: 'unprocessable', message: 'bad action' } }];
      const decided = decideTicket(ticket, action.data);
      if (!decided.ok) return [409, { error: { code: 'conflict', message: decided.reason } }];
      say(id, decided.body, Date.now());
      const after = foldTicket(logs.get(id) ?? []);
      if (after) publish('ticket', item(after));
      return detail(id);
    },
    publicCall: () => [404, { error: { code: 'not-found', message: 'not faked' } }],
  };
}

function itemOf(ticket: Ticket, number: number) {
  const { respondMs, arriveMs, solveMs } = ticket.clocks;
  const now = Date.now();
  const clock = (targetMs: number, reachedMs: number | null) => {
    const spentMs = reachedMs ?? now - ticket.createdAt;
    const dueAt = reachedMs === null && ticket.state !== 'paused' ? ticket.createdAt + targetMs : null;
    const open = spentMs > targetMs ? 'late' : ticket.state === 'paused' ? 'paused' : 'running';
    return { targetMs, spentMs, dueAt, state: reachedMs === null ? open : reachedMs <= targetMs ? 'met' : 'missed' };
  };
  const sla = {
    respond: clock(TARGETS.respond, respondMs),
    arrive: clock(TARGETS.arrive, arriveMs),
    solve: clock(TARGETS.solve, solveMs),
  };
  const due = Object.values(sla).flatMap(({ dueAt }) => (dueAt === null ? [] : [dueAt]));
  return { ...ticket, number, sla, dueAt: due.length === 0 ? null : Math.min(...due), overdue: false, photos: [] };
}
