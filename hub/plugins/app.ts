/** The types that routes are written against. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Role } from '../../core/role.ts';
import type { Services } from '../services.ts';
import type { Viewer } from './viewer.ts';

export type HubApp = FastifyInstance<Server, IncomingMessage, ServerResponse, FastifyBaseLogger, ZodTypeProvider>;

/** Default export of every file in hub/routes. */
export type RoutePlugin = (app: HubApp, options: { services: Services }) => Promise<void>;

/** Who may call a route: nobody has to say who they are, anyone with a session, or these roles. */
type Access = 'public' | 'signed-in' | readonly Role[];

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Every route below /api must say it; the start fails otherwise. */
    access?: Access;
  }
  interface FastifyInstance {
    /** Every route that says who may call it: what the table of rights in docs and tests is made of. */
    routeTable: { method: string; url: string; access: Access }[];
  }
  interface FastifyRequest {
    /** Set on every route that is not public. */
    viewer: Viewer;
  }
}
