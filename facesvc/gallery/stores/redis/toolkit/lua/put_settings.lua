-- Keeps a collection's settings unless they are not the next version. They are of its generation: a
-- release that knows nothing of settings leaves them behind when it deletes a collection, and then
-- they are nobody's. Answers OK, MODEL with the other recognizer, or STALE.
local held = redis.call('HMGET', keys.meta, 'model', 'gen', 'settings_gen', 'settings_version')
local gen = held[2] or '0'
local version = held[3] == gen and held[4] or '0'
if held[1] and held[1] ~= args.model then return {'MODEL', held[1]} end
if tonumber(args.version) ~= tonumber(version) + 1 then return {'STALE', version} end
redis.call('HSET', keys.meta, 'settings_gen', gen, 'settings_version', args.version,
           'settings_model', args.model, 'settings', args.settings, 'max_users', args.max_users)
return {'OK', args.version}
