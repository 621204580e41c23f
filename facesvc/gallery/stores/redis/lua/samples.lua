-- The rest is users. Answers for each what samples_of tells.
local gen, found = redis.call('HGET', keys.meta, 'gen') or '0', {}
for _, user in ipairs(rest) do found[#found + 1] = samples_of(gen, user) end
return found
