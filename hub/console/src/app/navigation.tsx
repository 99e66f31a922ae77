/** Navigation by role: what one may not use is not shown. A rail on a desk, a bar at the thumb on a phone. */
import {
  AlertOutlined,
  ApartmentOutlined,
  AuditOutlined,
  BarChartOutlined,
  BellOutlined,
  BranchesOutlined,
  ControlOutlined,
  DatabaseOutlined,
  MoreOutlined,
  NotificationOutlined,
  SolutionOutlined,
  SwapOutlined,
  TeamOutlined,
} from '@ant-design/icons';
import { Dropdown } from 'antd';
import type { ReactNode } from 'react';
import { NavLink, useNavigate } from 'react-router';
import type { Role } from '../../../../core/role.ts';
import { useWatch } from '../alarms/watch.tsx';
import { type MessageKey, useI18n } from '../i18n/i18n.tsx';
import { useMay } from '../shared/use-may.ts';

interface Item {
  to: string;
  icon: ReactNode;
  title: MessageKey;
  /** Absent: everybody. */
  roles?: readonly Role[];
}

/** Everybody but the departments, who have their cases only. */
const STAFF: readonly Role[] = ['guard', 'property', 'committee', 'street', 'admin'];

const ITEMS: readonly Item[] = [
  {
    to: '/alarms',
    icon: <AlertOutlined />,
    title: 'nav.alarms',
    roles: STAFF,
  },
  { to: '/tickets', icon: <SolutionOutlined />, title: 'nav.tickets' },
  { to: '/devices', icon: <DatabaseOutlined />, title: 'nav.devices', roles: STAFF },
  { to: '/gateways', icon: <ApartmentOutlined />, title: 'nav.gateways', roles: STAFF },
  {
    to: '/handover',
    icon: <SwapOutlined />,
    title: 'nav.handover',
    roles: STAFF,
  },
  { to: '/kpis', icon: <BarChartOutlined />, title: 'nav.kpis' },
  { to: '/rules', icon: <ControlOutlined />, title: 'nav.rules', roles: ['admin', 'street', 'property'] },
  { to: '/notify', icon: <BellOutlined />, title: 'nav.notify' },
  { to: '/policies', icon: <BranchesOutlined />, title: 'nav.policies', roles: ['admin', 'street', 'property'] },
  {
    to: '/board-notices',
    icon: <NotificationOutlined />,
    title: 'nav.board',
    roles: ['property', 'committee', 'street', 'admin'],
  },
  { to: '/users', icon: <TeamOutlined />, title: 'nav.users', roles: ['admin'] },
  { to: '/audit', icon: <AuditOutlined />, title: 'nav.audit', roles: ['admin', 'street'] },
];
/** How many fit beside "more" on a phone. */
const THUMB_ITEMS = 3;

function useItems(): readonly Item[] {
  const { role } = useMay();
  return ITEMS.filter((item) => item.roles === undefined || (role !== undefined && item.roles.includes(role)));
}

export function Rail() {
  const { t } = useI18n();
  return (
    <nav className="rail" aria-label={t('nav.label')}>
      <NavLink to="/alarms" className="rail-logo">
        <img src="/favicon.svg" alt="" />
        {t('app.name')}
      </NavLink>
      {useItems().map((item) => (
        <ItemLink key={item.to} item={item} />
      ))}
    </nav>
  );
}

function ItemLink({ item }: { item: Item }) {
  const { t } = useI18n();
  const { unackedCount } = useWatch();
  const counted = item.to === '/alarms' && unackedCount > 0;
  return (
    <NavLink to={item.to} className={({ isActive }) => `rail-link${isActive ? ' active' : ''}`}>
      {item.icon}
      {t(item.title)}
      {counted && (
        <span className="rail-count" title={t('alarm.unacked')}>
          {unackedCount}
        </span>
      )}
    </NavLink>
  );
}

export function ThumbBar() {
  const { t } = useI18n();
  const navigate = useNavigate();
  const items = useItems();
  const rest = items.slice(THUMB_ITEMS).map((item) => ({
    key: item.to,
    icon: item.icon,
    label: t(item.title),
    onClick: () => navigate(item.to),
  }));
  return (
    <nav className="thumbbar" aria-label={t('nav.label')}>
      {items.slice(0, THUMB_ITEMS).map((item) => (
        <ItemLink key={item.to} item={item} />
      ))}
      <Dropdown menu={{ items: rest }} trigger={['click']} placement="topRight">
        <button type="button" className="rail-link">
          <MoreOutlined />
          {t('app.more')}
        </button>
      </Dropdown>
    </nav>
  );
}
