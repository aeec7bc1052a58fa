/** Tasks one worker can have at a time. A job's number, below its serial, is its lane: 0 up to this. A power of two. */
export const JOB_LANES = 64;
