/**
 * What group.c gives txn.c: the consumer whose membership a commit is checked against.
 * Threads: as group.h.
 */
#ifndef CANDLEWICK_KAFKA_GROUP_INTERNAL_H
#define CANDLEWICK_KAFKA_GROUP_INTERNAL_H

#include "kafka/group.h"

rd_kafka_t *group_handle(const struct group *g);

#endif
