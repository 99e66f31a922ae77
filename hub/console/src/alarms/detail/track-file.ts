/** The track of a falling object as its gateway wrote it. */
import { useQuery } from '@tanstack/react-query';
import { get } from '../../api/client.ts';

export interface TrackFile {
  picture: { width: number; height: number };
  track: { at: number; x: number; y: number }[];
  /** Windows from which it may have come, the likeliest first; corners in pixels of the picture. */
  places?: { floor: number; unit: string; probability: number; corners?: { x: number; y: number }[] }[];
}

/** Undefined until it is here. */
export function useTrackFile(url: string): TrackFile | undefined {
  const { data } = useQuery({
    queryKey: ['evidence', url],
    queryFn: ({ signal }) => get<TrackFile>(url, undefined, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return data;
}
