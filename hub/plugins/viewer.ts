/** Who is asking, and what they may see. The rules of tenancy are here and nowhere else. */
import { AppError } from '../../core/errors.ts';
import type { Role } from '../../core/role.ts';

export interface Viewer {
  userId: string;
  username: string;
  displayName: string;
  role: Role;
  /** The communities one may see. */
  communityIds: 'all' | readonly string[];
  via: 'session' | 'token';
}

/** Roles that watch devices and alarms; a department sees only the cases it was called to. */
export const OPERATIONS: readonly Role[] = ['guard', 'property', 'committee', 'street', 'admin'];

/** Roles that answer alarms and command devices. */
export const HANDLE: readonly Role[] = ['guard', 'property', 'admin'];

/** Roles that see every community of the street. */
export const STREET_WIDE: readonly Role[] = ['street', 'admin'];

export function viewerOfUser(
  user: { id: string; username: string; displayName: string; role: Role; communityIds: string },
  via: Viewer['via'],
): Viewer {
  return {
    userId: user.id,
    username: user.username,
    displayName: user.displayName,
    role: user.role,
    communityIds: STREET_WIDE.includes(user.role) ? 'all' : (JSON.parse(user.communityIds) as string[]),
    via,
  };
}

export function maySee(viewer: Viewer, communityId: string | null): boolean {
  return communityId === null || viewer.communityIds === 'all' || viewer.communityIds.includes(communityId);
}

/** For a community that the caller named: outside one's own it is forbidden. */
export function assertCommunity(viewer: Viewer, communityId: string): void {
  if (!maySee(viewer, communityId)) throw new AppError('forbidden', 'this community is not one of yours');
}

/** For a thing found by its id: one of another community is as good as absent, so that ids cannot be probed. */
export function seenOr404<T extends { communityId: string | null }>(
  viewer: Viewer,
  thing: T | undefined,
  what: string,
): T {
  if (!thing || !maySee(viewer, thing.communityId)) throw new AppError('not-found', `there is no such ${what}`);
  return thing;
}

/**
 * The communities a list is limited to: the one asked for, or all that one may see. `undefined`
 * means no limit.
 */
export function listScope(viewer: Viewer, communityId: string | undefined): readonly string[] | undefined {
  if (communityId !== undefined) {
    assertCommunity(viewer, communityId);
    return [communityId];
  }
  return viewer.communityIds === 'all' ? undefined : viewer.communityIds;
}
