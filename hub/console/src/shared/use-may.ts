/** What the signed-in person may do, for showing or hiding buttons; the hub itself decides. */
import { useMemo } from 'react';
import type { Role } from '../../../../core/role.ts';
import { useSession } from '../api/session.ts';

export interface May {
  seeAlarms: boolean;
  /** Acknowledge, shelve, assign, judge. */
  handleAlarms: boolean;
  commentAlarms: boolean;
  /** Take out of service and back. */
  serviceAlarms: boolean;
  administer: boolean;
  /** Rules, planned silence, inhibition. */
  tuneRules: boolean;
  /** Policies of the street. */
  decidePolicies: boolean;
  writeBoard: boolean;
  /** Make claim codes for gateways and devices. */
  enrolGateways: boolean;
  role: Role | undefined;
  username: string;
}

const SEE: readonly Role[] = ['guard', 'property', 'committee', 'street', 'admin'];
const HANDLE: readonly Role[] = ['guard', 'property', 'admin'];
const SERVICE: readonly Role[] = ['property', 'admin'];

export function useMay(): May {
  const { data: user } = useSession();
  return useMemo(() => {
    const is = (roles: readonly Role[]) => user !== null && user !== undefined && roles.includes(user.role);
    return {
      seeAlarms: is(SEE),
      handleAlarms: is(HANDLE),
      commentAlarms: is(SEE),
      serviceAlarms: is(SERVICE),
      administer: is(['admin']),
      tuneRules: is(['property', 'street', 'admin']),
      decidePolicies: is(['street', 'admin']),
      writeBoard: is(['property', 'committee', 'street', 'admin']),
      enrolGateways: is(['street', 'admin']),
      role: user?.role,
      username: user?.username ?? '',
    };
  }, [user]);
}
