/**
 * What the hub found wrong with a form, beside the fields it is about. The hub names each fault by
 * JSON Pointer; a form knows its own names for them.
 */
import type { FormInstance } from 'antd';
import { ApiError } from '../api/client.ts';

interface Fault {
  path: string;
  message: string;
}

export function faultsOf(error: unknown): Fault[] {
  if (!(error instanceof ApiError) || error.status !== 422 || !Array.isArray(error.details)) return [];
  return error.details as Fault[];
}

/** Marks the fields; answers the faults that no field of the form stands for. */
export function markFaults(form: FormInstance, error: unknown, below = ''): Fault[] {
  const left: Fault[] = [];
  for (const { path, message } of faultsOf(error)) {
    const name = path.replace(below, '').split('/').filter(Boolean);
    const field = form.getFieldInstance(name) === undefined && name.length > 1 ? name.slice(0, 2) : name;
    if (form.getFieldInstance(field) === undefined) left.push({ path, message });
    else form.setFields([{ name: field, errors: [message] }]);
  }
  return left;
}
