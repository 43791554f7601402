import { CallFilterQuery } from './request-log.dto.js';

export class StreamQuery extends CallFilterQuery {}
