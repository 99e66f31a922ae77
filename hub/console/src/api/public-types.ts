/** Answers of the public addresses. */
export interface ReportReceipt {
  token: string;
}

export interface PublicReport {
  number?: number;
  communityId: string;
  title: string;
  state: string;
  createdAt: number;
}

export interface PublicBoard {
  communityId: string;
}
