/*
 * How a processor commits, is fenced, and comes back: README.md maps each step to the function that
 * does it.
 *
 * One partition with N inputs, two instances with a transactional id each, one group. An instance
 * may end at any step and begin anew, or stand still for as long as it likes while the other one
 * takes its place. A transaction that is decided reaches the outputs, the images and the offsets
 * one by one, in any order.
 */
#ifndef N
#define N 3 /* inputs */
#endif
#ifndef ENDS
#define ENDS 2 /* how often an instance is killed */
#endif
#ifndef MOVES
#define MOVES 2 /* how often the group gives the partition to somebody else */
#endif
#define IMAGES 8 /* that are written at the most */
#define NONE 255
#define BOTH 2

/* A state is right when it has seen each input below `next` once: then its sum is this. */
#define SUM(next) ((1 << (next)) - 1)

mtype = { EMPTY, ONGOING, DECIDED };     /* a transaction */
mtype = { PENDING, COMMITTED, ABORTED }; /* an image */

/* --- the brokers ---------------------------------------------------------------------------- */

byte out[N];        /* how often the output of each input is committed */
byte total;         /* of all inputs */
byte offset = NONE; /* committed for the group; NONE: nothing */
byte note = NONE;   /* where the newest image begins, committed with it */

byte n_images;
mtype image[IMAGES];
byte image_next[IMAGES];
byte image_sum[IMAGES];

/* of each transactional id */
mtype txn[BOTH] = EMPTY;
byte holder[BOTH] = NONE; /* who has its epoch: whoever opened it last, until it is taken away */
byte txn_out[BOTH];       /* outputs in the open transaction, a bit per input */
byte txn_image[BOTH] = NONE;
byte txn_offset[BOTH] = NONE;
byte txn_note[BOTH];
bool stable[BOTH] = true; /* it holds no offset that may still be committed */

byte owner;         /* whom the group gives the partition */
byte member = NONE; /* who has been given it in this generation */

inline abort(id)
{
    if
    :: txn_image[id] != NONE -> image[txn_image[id]] = ABORTED
    :: else
    fi;
    txn_out[id] = 0;
    txn_image[id] = NONE;
    txn_offset[id] = NONE;
    stable[id] = true;
    txn[id] = EMPTY
}

/* The markers of decided transactions. */
proctype markers()
{
    byte id;
    byte i;
end:
    do
    :: atomic {
        if
        :: txn[0] == DECIDED -> id = 0
        :: txn[1] == DECIDED -> id = 1
        fi;
        if
        :: txn_out[id] != 0 ->
            i = 0;
            do
            :: i < N ->
                if
                :: txn_out[id] & (1 << i) ->
                    out[i]++;
                    total++;
                    assert(out[i] == 1) /* no output twice */
                :: else
                fi;
                i++
            :: else -> break
            od;
            i = 0;
            txn_out[id] = 0
        :: txn_image[id] != NONE ->
            image[txn_image[id]] = COMMITTED;
            txn_image[id] = NONE
        :: txn_offset[id] != NONE ->
            assert(offset == NONE || offset < txn_offset[id]); /* nobody goes back */
            offset = txn_offset[id];
            note = txn_note[id];
            txn_offset[id] = NONE;
            stable[id] = true
        :: txn_out[id] == 0 && txn_image[id] == NONE && txn_offset[id] == NONE -> txn[id] = EMPTY
        fi;
        id = 0
    }
    od
}

/* What brokers do by themselves. */
proctype brokers()
{
    byte moves;
    byte id;
end:
    do
    :: moves < MOVES -> /* a member's session ends, whether or not it still runs */
        atomic {
            owner = 1 - owner;
            member = NONE;
            moves++
        }
    :: atomic { /* a transaction has been open for too long */
            if
            :: moves < MOVES && txn[0] == ONGOING -> id = 0
            :: moves < MOVES && txn[1] == ONGOING -> id = 1
            fi;
            abort(id);
            holder[id] = NONE;
            moves++;
            id = 0
        }
    od
}

/* --- an instance ------------------------------------------------------------------------------ */

byte ends; /* so far, of both */

#define IS_REVOKED (member != me)
#ifdef PLANT_NO_FENCE
#define IS_FENCED false
#else
#define IS_FENCED (holder[id] != me)
#endif

/* At any step it may be killed, or find that the partition is not its own: all it knows is gone. */
#define OR_ENDS                                                                                    \
    :: ends < ENDS ->                                                                              \
        ends++;                                                                                    \
        goto begin
#define OR_IS_REVOKED                                                                              \
    :: IS_REVOKED -> goto begin

proctype instance(byte me; byte id)
{
    byte next;
    byte sum;
    byte committed; /* what this instance takes for the group's offset */
    byte sent;      /* the next input that no transaction of it covers */
    byte image_at;
    byte i;

begin:
    /* txn_open(): waits for what is decided, aborts what is open, fences who was before */
    atomic {
        txn[id] != DECIDED;
        abort(id);
        holder[id] = me;
        next = 0; sum = 0; committed = NONE; sent = 0; image_at = NONE; i = 0
    }

    /* group_poll(): until the partition is its own */
end_not_ours:
    atomic {
        owner == me;
        member = me
    }

restore:
    /* group_offsets: the committed offset, once it is stable */
    if
    :: atomic {
#ifndef PLANT_UNSTABLE
        stable[0] && stable[1] ->
#endif
        committed = offset;
        image_at = note
    }
    OR_IS_REVOKED
    OR_ENDS
    fi;

    /* part_restore(): the newest image that a reader of committed records sees */
    atomic {
        if
        :: IS_REVOKED -> goto begin
        :: else
        fi;
        i = 0;
        next = NONE;
        do
        :: i < n_images && image[i] != PENDING -> /* nobody reads past an open transaction */
            if
            :: image[i] == COMMITTED && (image_at == NONE || i >= image_at) ->
                next = image_next[i];
                sum = image_sum[i]
            :: else
            fi;
            i++
        :: else -> break
        od;
        i = 0;
        if
#ifdef PLANT_ABORTED_IMAGE
        :: committed == NONE && next == NONE && n_images > 0 -> goto begin
        :: committed == NONE && next == NONE && n_images == 0 -> next = 0; sum = 0
#else
        :: committed == NONE && next == NONE -> next = 0; sum = 0 /* a fresh start */
#endif
        :: committed == NONE && next != NONE -> goto begin /* contradicts: again */
        :: committed != NONE && next == NONE -> goto begin
#ifndef NO_IMAGE_CHECK
        :: committed != NONE && next != NONE && next > committed -> goto begin
#endif
        :: else
        fi;
        sent = (committed == NONE -> 0 : committed)
    }
    assert(sum == SUM(next)); /* no torn state */

    do
    :: next == N && sent == N -> break
    :: next < N ->
        /* apply(): outputs of what is committed already are withheld */
        atomic {
            sum = sum + (1 << next);
#ifdef PLANT_NOT_WITHHELD
            if
            :: true ->
#else
            if
            :: next >= sent ->
#endif
                if
                :: IS_FENCED -> goto begin
                :: else
                fi;
                assert(sum == SUM(next + 1)); /* an output of the right state */
                txn[id] = ONGOING;
                txn_out[id] = txn_out[id] | (1 << next)
            :: else
            fi;
            next++
        }
    :: next > sent ->
        /* part_image(): when due, and always where there is none yet */
        if
        :: image_at == NONE || n_images < IMAGES - 1 ->
            atomic {
                if
                :: IS_FENCED || n_images == IMAGES -> goto begin
                :: else
                fi;
                txn[id] = ONGOING;
                image[n_images] = PENDING;
                image_next[n_images] = next;
                image_sum[n_images] = sum;
                txn_image[id] = n_images;
                n_images++
            }
        :: image_at != NONE
        OR_ENDS
        fi;
        if
        :: true
        OR_ENDS
        fi;
        /* txn_commit(): the offsets go with the transaction, if the group is as we know it */
        atomic {
            if
            :: IS_FENCED -> goto begin
#ifndef PLANT_NO_GENERATION
            :: !IS_FENCED && IS_REVOKED -> goto begin
#endif
            :: else
            fi;
            txn[id] = ONGOING;
            txn_offset[id] = next;
            txn_note[id] = (txn_image[id] == NONE -> image_at : txn_image[id]);
            stable[id] = false
        }
        if
        :: atomic {
            if
            :: IS_FENCED -> goto begin
            :: else
            fi;
            image_at = txn_note[id];
            txn[id] = DECIDED
        }
        OR_ENDS
        fi;
        /* an answer that never came is an end as well */
        if
        :: atomic { txn[id] == EMPTY -> sent = next }
        OR_ENDS
        fi
    OR_IS_REVOKED
    OR_ENDS
    od;
end_done:
    IS_REVOKED -> goto begin
}

init
{
    atomic {
        run markers();
        run brokers();
        run instance(0, 0);
#ifdef TWINS /* a process, and the one that was started in its place while it stood still */
        run instance(1, 0)
#else
        run instance(1, 1)
#endif
    }
}

/* No output is missing in the end. */
ltl whole { <> [] (total == N) }
