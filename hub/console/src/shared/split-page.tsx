/** A list, and beside it the one that is open; on a phone the open one takes the list's place. */
import type { ReactNode } from 'react';

export function SplitPage({ detail, children }: { detail: ReactNode; children: ReactNode }) {
  return (
    <div className={`split${detail ? ' with-detail' : ''}`}>
      <div className="split-list">
        <div className="page">{children}</div>
      </div>
      {detail && <aside className="split-detail">{detail}</aside>}
    </div>
  );
}
