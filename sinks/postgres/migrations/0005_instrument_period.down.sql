-- What was true before goes; what is true now stays in instrument.
DROP TRIGGER instrument_change ON instrument;
DROP TRIGGER instrument_new ON instrument;
DROP FUNCTION instrument_follow();
DROP TABLE instrument_period;
