// All of the ABI.
#pragma once
#include "core.h"
#include "event.h"
#include "note.h"
#include "reducers.h"
#include "sources.h"
#include "views.h"
#include "functions.h"
#include "migrations.h"
#include "timers.h"
#include "windows.h"
#include "enrichers.h"
