// libffi, as far as the host uses it: calls of C functions whose types are known only at run time. Never its closures,
// which need memory that is both writable and executable.
#include <ffi.h>

// libffi's descriptions of types are variables that it never changes; Swift can't know that, so they come from functions.
static inline ffi_type *lectern_ffi_double(void) { return &ffi_type_double; }
static inline ffi_type *lectern_ffi_int64(void) { return &ffi_type_sint64; }
static inline ffi_type *lectern_ffi_uint64(void) { return &ffi_type_uint64; }
static inline ffi_type *lectern_ffi_bool(void) { return &ffi_type_uint8; }
static inline ffi_type *lectern_ffi_pointer(void) { return &ffi_type_pointer; }

// Prepares calls of functions of these types. `cif` and the arrays must stay where they are. Returns whether it can.
static inline int lectern_ffi_prepare(ffi_cif *cif, unsigned count, ffi_type *result, ffi_type **arguments) {
  return ffi_prep_cif(cif, FFI_DEFAULT_ABI, count, result, arguments) == FFI_OK;
}

// Calls. `result` has room for 16 bytes; a bool comes as an ffi_arg there.
static inline void lectern_ffi_call(ffi_cif *cif, const void *function, void *result, void **arguments) {
  ffi_call(cif, FFI_FN(function), result, arguments);
}
