/** Rules as people call them. */
import { useKinds } from '../api/manage.ts';
import { useI18n } from '../i18n/i18n.tsx';

/** Rule id → its title; kinds share ids and titles of the common rules. */
export function useRuleTitles(): ReadonlyMap<string, string> {
  const { text } = useI18n();
  const { data: kinds = [] } = useKinds();
  return new Map(kinds.flatMap((kind) => kind.rules ?? []).map((rule) => [rule.id, text(rule.title)]));
}

/**
 * A rule as the policies and windows name it, for these kinds: its title when they agree on one; a beginning
 * and `*` stands for all rules whose id begins so.
 */
export function useRuleTitle(): (name: string, kinds?: readonly string[]) => string {
  const { t, text } = useI18n();
  const { data: all = [] } = useKinds();
  return (name, kinds) => {
    if (name.endsWith('*')) return t('rules.beginning', { start: name.slice(0, -1) });
    const rules = all.filter(({ id }) => kinds?.includes(id) ?? true).flatMap((kind) => kind.rules ?? []);
    const [title, ...others] = new Set(rules.filter(({ id }) => id === name).map((rule) => text(rule.title)));
    return title !== undefined && others.length === 0 ? title : t('rules.named', { id: name });
  };
}
