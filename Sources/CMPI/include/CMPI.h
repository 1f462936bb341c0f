#ifndef CMPI_H
#define CMPI_H

// MPI names its handles and constants with macros that Swift cannot import, so each one used is a function here.

#include <mpi.h>

#include "CMPIAtomics.h"

static inline MPI_Comm dt_comm_world(void) { return MPI_COMM_WORLD; }
static inline MPI_Comm dt_comm_self(void) { return MPI_COMM_SELF; }
static inline MPI_Comm dt_comm_null(void) { return MPI_COMM_NULL; }
static inline MPI_Request dt_request_null(void) { return MPI_REQUEST_NULL; }
static inline MPI_Errhandler dt_errors_return(void) { return MPI_ERRORS_RETURN; }
static inline void *dt_in_place(void) { return MPI_IN_PLACE; }
static inline int dt_comm_type_shared(void) { return MPI_COMM_TYPE_SHARED; }
static inline MPI_Info dt_info_null(void) { return MPI_INFO_NULL; }

static inline int dt_undefined(void) { return MPI_UNDEFINED; }
static inline int dt_any_source(void) { return MPI_ANY_SOURCE; }
static inline int dt_any_tag(void) { return MPI_ANY_TAG; }
static inline int dt_proc_null(void) { return MPI_PROC_NULL; }
static inline int dt_mode_nocheck(void) { return MPI_MODE_NOCHECK; }
static inline int dt_max_processor_name(void) { return MPI_MAX_PROCESSOR_NAME; }
static inline int dt_max_library_version(void) { return MPI_MAX_LIBRARY_VERSION_STRING; }
static inline int dt_max_error_string(void) { return MPI_MAX_ERROR_STRING; }

static inline int dt_thread_single(void) { return MPI_THREAD_SINGLE; }
static inline int dt_thread_funneled(void) { return MPI_THREAD_FUNNELED; }
static inline int dt_thread_serialized(void) { return MPI_THREAD_SERIALIZED; }
static inline int dt_thread_multiple(void) { return MPI_THREAD_MULTIPLE; }

static inline MPI_Datatype dt_type_byte(void) { return MPI_BYTE; }
static inline MPI_Datatype dt_type_int8(void) { return MPI_INT8_T; }
static inline MPI_Datatype dt_type_int16(void) { return MPI_INT16_T; }
static inline MPI_Datatype dt_type_int32(void) { return MPI_INT32_T; }
static inline MPI_Datatype dt_type_int64(void) { return MPI_INT64_T; }
static inline MPI_Datatype dt_type_uint8(void) { return MPI_UINT8_T; }
static inline MPI_Datatype dt_type_uint16(void) { return MPI_UINT16_T; }
static inline MPI_Datatype dt_type_uint32(void) { return MPI_UINT32_T; }
static inline MPI_Datatype dt_type_uint64(void) { return MPI_UINT64_T; }
static inline MPI_Datatype dt_type_float(void) { return MPI_FLOAT; }
static inline MPI_Datatype dt_type_double(void) { return MPI_DOUBLE; }

static inline MPI_Op dt_op_sum(void) { return MPI_SUM; }
static inline MPI_Op dt_op_product(void) { return MPI_PROD; }
static inline MPI_Op dt_op_min(void) { return MPI_MIN; }
static inline MPI_Op dt_op_max(void) { return MPI_MAX; }
static inline MPI_Op dt_op_bitwise_and(void) { return MPI_BAND; }
static inline MPI_Op dt_op_bitwise_or(void) { return MPI_BOR; }
static inline MPI_Op dt_op_bitwise_xor(void) { return MPI_BXOR; }
static inline MPI_Op dt_op_logical_and(void) { return MPI_LAND; }
static inline MPI_Op dt_op_logical_or(void) { return MPI_LOR; }

static inline int dt_err_success(void) { return MPI_SUCCESS; }
static inline int dt_err_buffer(void) { return MPI_ERR_BUFFER; }
static inline int dt_err_count(void) { return MPI_ERR_COUNT; }
static inline int dt_err_type(void) { return MPI_ERR_TYPE; }
static inline int dt_err_tag(void) { return MPI_ERR_TAG; }
static inline int dt_err_comm(void) { return MPI_ERR_COMM; }
static inline int dt_err_rank(void) { return MPI_ERR_RANK; }
static inline int dt_err_request(void) { return MPI_ERR_REQUEST; }
static inline int dt_err_root(void) { return MPI_ERR_ROOT; }
static inline int dt_err_op(void) { return MPI_ERR_OP; }
static inline int dt_err_arg(void) { return MPI_ERR_ARG; }
static inline int dt_err_truncate(void) { return MPI_ERR_TRUNCATE; }
static inline int dt_err_other(void) { return MPI_ERR_OTHER; }
static inline int dt_err_intern(void) { return MPI_ERR_INTERN; }
static inline int dt_err_in_status(void) { return MPI_ERR_IN_STATUS; }
static inline int dt_err_pending(void) { return MPI_ERR_PENDING; }
static inline int dt_err_no_mem(void) { return MPI_ERR_NO_MEM; }
static inline int dt_err_unsupported(void) { return MPI_ERR_UNSUPPORTED_OPERATION; }

/// Bytes free for this user in the folder where Open MPI backs shared windows (written to `folder`, cut to
/// `capacity` bytes), or -1 if it cannot be told.
long long dt_shared_window_space(char *folder, int capacity);

/// The file that the MPI library was loaded from, or a null pointer where it is not known.
const char *dt_library_path(void);

#endif
