// The shared log in Redis: a sorted set of calls by the moment they were over, by Redis's own clock. One that is under
// way has a moment ahead, after which it is taken for lost with its node. Each script is one step that nothing can come
// between. All of them answer with the same report.

const start = `
local log, state, nodes = KEYS[1], KEYS[2], KEYS[3]
local ask = cjson.decode(ARGV[1])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local granted = 0
redis.call('ZREMRANGEBYSCORE', log, '-inf', now - ask.longestMs)

local function pausedForMs()
  return math.max(0, math.ceil(tonumber(redis.call('HGET', state, 'pausedUntil') or '0') - now))
end

local function used(holdMs)
  return redis.call('ZCOUNT', log, '(' .. (now - holdMs), '+inf')
end

-- Told twice, a call counts once, at the later of its moments.
local function put(name, atMs)
  local known = redis.call('ZSCORE', log, name)
  if not known or tonumber(known) < atMs then redis.call('ZADD', log, atMs, name) end
end
`;

// A reader asks for what is new since its last report. What was put in behind that moment shows by the revision, and a
// log that was lost by its epoch: both bring the whole.
const report = `
redis.call('HSETNX', state, 'epoch', ask.newEpoch)
local epoch = redis.call('HGET', state, 'epoch')
local revision = redis.call('HGET', state, 'revision') or '0'
local isWhole = epoch ~= ask.epoch or revision ~= ask.revision
local grants = redis.call('ZRANGEBYSCORE', log, isWhole and '-inf' or ask.seenUntil, '+inf', 'WITHSCORES')
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ask.longestMs * 2 + ask.lostAfterMs) end
local alive = redis.call('ZCOUNT', nodes, now - ask.nodeLifeMs, '+inf')
return { now, granted, pausedForMs(), epoch, revision, isWhole and 1 or 0, alive, grants }
`;

const take = `
if pausedForMs() == 0 then
  local counts = {}
  for i, holdMs in ipairs(ask.holdsMs) do counts[i] = used(holdMs) end
  for _, waiter in ipairs(ask.waiters) do
    local isFree = true
    for i, cap in ipairs(waiter.caps) do isFree = isFree and counts[i] < cap end
    if not isFree then break end
    put(waiter.name, now + ask.lostAfterMs)
    for i in ipairs(counts) do counts[i] = counts[i] + 1 end
    granted = granted + 1
  end
end
`;

// Its moment comes back from ahead. Readers find it among what is new: it is later than their last report.
const endCall = `
redis.call('ZADD', log, now, ask.name)
`;

const beat = `
redis.call('ZREMRANGEBYSCORE', nodes, '-inf', now - ask.nodeLifeMs)
redis.call('ZADD', nodes, now, ask.node)
`;

/** What a node did by itself, and a pause that it was told of. */
const tell = `
for _, grant in ipairs(ask.grants) do put(grant.name, math.ceil(now - grant.ageMs)) end
if #ask.grants > 0 then redis.call('HINCRBY', state, 'revision', 1) end
local pausedUntil = math.ceil(now + ask.pauseMs)
if ask.pauseMs > pausedForMs() then redis.call('HSET', state, 'pausedUntil', string.format('%.0f', pausedUntil)) end
`;

/** Others use the account: the count is raised to what the provider says, never lowered. */
const raise = `
local missing = ask.targetUse - used(ask.holdMs)
for i = 1, missing do put(ask.name .. i, math.ceil(now - ask.ageMs)) end
if missing > 0 then redis.call('HINCRBY', state, 'revision', 1) end
`;

const whole = (body: string) => start + body + report;

export const scripts = {
  take: whole(take),
  end: whole(endCall),
  beat: whole(beat),
  tell: whole(tell),
  raise: whole(raise),
};
