import type { FastifyReply, FastifyRequest } from 'fastify';
import { denialAnswer } from '../../platform/errors/denial-answer.js';
import { answerText, writeErrorAnswer } from '../../platform/http/write-answer.js';
import type { Admission } from '../admission.js';

/**
 * Answers a management request that Fastify's router refused before any hook of ours ran: a path it cannot decode, or with a
 * part that is longer than any name here. It is a call like every other, judged and on the log.
 */
export async function answerUnrouted(
  admission: Admission,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  reply.hijack();
  const arrival = admission.receiveAtManagement(request.raw);
  const outcome = await admission.judge(arrival, { service: null, match: { kind: 'unknown' } });
  const { decision } = outcome;
  if (decision.allowed) throw new Error('A call was let through to nowhere.');
  const answer = denialAnswer(decision, arrival.id, arrival.credential.engagement);
  const body = answerText(answer.body);
  admission.recordLater(
    arrival,
    outcome,
    { door: 'management', serviceId: null, route: null },
    { status: answer.status, responseBytes: body.bytes },
  );
  writeErrorAnswer(reply.raw, answer, arrival.method, body);
}
