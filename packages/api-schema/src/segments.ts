import { z } from 'zod';

const id = z.number().int().meta({ description: 'Belongs to the model: another model has other segments.' });
const name = z.string().meta({ description: 'Of the category and the items that stand out; need not be unique.' });
const size = z.number().int().meta({ description: 'Users of the training data in it.' });
const share = z.number().meta({ description: 'Of the users who are in some segment.' });
const lift = z.number().meta({
  description: "Share of what the segment's users have, divided by the share of what all users have.",
});

const segmentItem = z
  .object({
    itemId: z.string(),
    rank: z.number().int(),
    users: z.number().int().meta({ description: 'Users of the segment who have it.' }),
    lift,
    title: z.string().optional(),
  })
  .meta({ id: 'SegmentItem' });

const segment = z
  .object({
    id,
    name,
    size,
    share,
    category: z.object({ name: z.string(), lift }).optional(),
    items: z.array(segmentItem).meta({ description: 'Most telling first; empty where nothing stands out.' }),
  })
  .meta({ id: 'Segment' });
export type Segment = z.infer<typeof segment>;

export const segmentBrief = z.object({ id, name }).meta({
  id: 'SegmentBrief',
  description: 'Present when the model has segments and something is known of who asks.',
});

export const segmentsResponse = z
  .object({
    modelId: z.string(),
    users: z.number().int(),
    foundBy: z.enum(['prototypes', 'k-means']).meta({ description: 'By the method itself, or among its vectors.' }),
    stability: z.number().optional().meta({
      description:
        'Adjusted Rand index against k-means with other seeds: 1 is the same segments, 0 is chance. Absent for prototypes.',
    }),
    segments: z.array(segment),
  })
  .meta({ id: 'SegmentsResponse' });

export const userSegmentResponse = z
  .object({
    userId: z.string(),
    modelId: z.string(),
    segment: segment.nullable(),
    because: z.string().optional().meta({ description: 'Why there is no segment.' }),
  })
  .meta({ id: 'UserSegmentResponse' });
