import { readdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { StartError } from './errors.ts';

/**
 * Reads a folder of definitions: one file each, the file name is the id, the default export the
 * definition. Whatever varies in Linli is found this way, so adding one is adding a file.
 * Throws StartError when an id is not `a-z 0-9 -` or a file has no default export.
 */
export async function scanDefinitions<T>(folder: string): Promise<ReadonlyMap<string, T>> {
  const names = (await readdir(folder)).filter((name) => extname(name) === '.ts').sort();
  const found = new Map<string, T>();
  for (const name of names) {
    const id = basename(name, '.ts');
    if (!/^[a-z0-9-]{1,64}$/.test(id))
      throw new StartError(`${join(folder, name)}: the file name is the id and must be of a-z 0-9 -`);
    const module = (await import(pathToFileURL(join(folder, name)).href)) as { default?: T };
    if (module.default === undefined)
      throw new StartError(`${join(folder, name)}: a definition needs a default export`);
    found.set(id, module.default);
  }
  return found;
}
