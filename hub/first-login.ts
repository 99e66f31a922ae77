/** A hub without users makes an admin with a random password, in a file that only its owner can read. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '../core/whole-file.ts';
import { hashPassword, newPassword } from './password.ts';
import type { Services } from './services.ts';

export async function firstLogin({ records, config, newId, clock, log }: Services): Promise<void> {
  const someone = await records.db.selectFrom('users').select('id').limit(1).executeTakeFirst();
  if (someone) return;
  const password = newPassword();
  const file = join(config.hubDir, 'first-login.json');
  const passwordHash = await hashPassword(password);
  await mkdir(config.hubDir, { recursive: true, mode: 0o700 });
  // The file comes first: a crash in between leaves a file that the next start writes again.
  await writeWhole(file, `${JSON.stringify({ username: 'admin', password }, null, 2)}\n`);
  await records.db
    .insertInto('users')
    .values({
      id: newId(),
      username: 'admin',
      displayName: '管理员',
      role: 'admin',
      communityIds: '[]',
      passwordHash,
      disabledAt: null,
      createdAt: clock.now(),
    })
    .execute();
  log.info({ username: 'admin' }, 'first start: made the user admin');
  process.stdout.write(`Linli hub: first start, the login of user admin is in ${file}\n`);
}
