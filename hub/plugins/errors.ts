/** One place turns whatever went wrong into the contract's answer: `{"error":{code,message,details?}}`, never an inside. */
import type { FastifyError, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import { AppError, ERROR_STATUS, type ErrorCode } from '../../core/errors.ts';
import { jsonFault } from '../../core/plain-json.ts';
import type { Disk } from '../disk.ts';
import type { HubApp } from './app.ts';

const FAULTS_MAX = 20;

export function addErrorHandling(app: HubApp, disk: Pick<Disk, 'whyFailed'>): void {
  app.setErrorHandler(async (error: FastifyError | AppError, request, reply) => {
    let known = translate(error);
    if (known.code === 'internal') {
      request.log.error({ err: error }, 'a request failed');
      const problem = await disk.whyFailed(error);
      if (problem !== undefined) known = new AppError('unavailable', problem);
    }
    if (known.code === 'too-many-requests' && !reply.hasHeader('retry-after')) reply.header('retry-after', '60');
    return reply.code(ERROR_STATUS[known.code]).type('application/json').send(errorBody(known));
  });
  app.addHook('preValidation', async (request) => checkContent(request));
}

/** What no schema looks at, wherever a request holds it: it would fail on its way into the records. */
function checkContent({ body, query, params }: FastifyRequest): void {
  for (const [place, content] of Object.entries({ body, querystring: query, params })) {
    const fault = jsonFault(content);
    if (fault)
      throw new AppError('unprocessable', 'the request has faults; details name each', {
        details: [{ in: place, ...fault }],
      });
  }
}

export function errorBody(error: AppError): { error: { code: ErrorCode; message: string; details?: unknown } } {
  const { code, message, details } = error;
  return { error: { code, message, ...(details === undefined ? {} : { details }) } };
}

/** For a body that the schema lets through and the records do not. `path` as in JSON Pointer: `/gatewayId`. */
export function bodyFault(path: string, message: string): AppError {
  return bodyFaults([{ path, message }]);
}

/** A part of the body, which lies at that place in it, by a schema that only the hub's state knows. */
export function parsedAt<T>(at: string, schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.slice(0, FAULTS_MAX);
  throw bodyFaults(issues.map(({ path, message }) => ({ path: [at, ...path].join('/'), message })));
}

function bodyFaults(faults: readonly { path: string; message: string }[]): AppError {
  return new AppError('unprocessable', 'the request has faults; details name each', {
    details: faults.map((fault) => ({ in: 'body', ...fault })),
  });
}

function translate(error: FastifyError | AppError): AppError {
  if (error instanceof AppError) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const details = error.validation.map((fault) => ({
      in: error.validationContext ?? 'body',
      path: fault.instancePath,
      message: fault.message ?? 'is not valid',
    }));
    return new AppError('unprocessable', 'the request has faults; details name each', { details });
  }
  const code = codeOfStatus(error.statusCode ?? 500);
  if (code === 'internal') return new AppError('internal', 'the hub failed; its log tells why');
  return new AppError(code, error.message);
}

function codeOfStatus(status: number): ErrorCode {
  const found = Object.entries(ERROR_STATUS).find(([, known]) => known === status)?.[0] as ErrorCode | undefined;
  return found ?? (status >= 500 ? 'internal' : 'bad-request');
}
