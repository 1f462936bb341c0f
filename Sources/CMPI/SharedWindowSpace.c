#include "CMPI.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

// Reads a character-valued control variable of the MPI library; 1 if it exists and fits.
static int read_string_variable(const char *name, char *value, int capacity) {
    int provided = 0, index = -1, count = 0, found = 0;
    MPI_T_cvar_handle handle;
    if (MPI_T_init_thread(MPI_THREAD_SINGLE, &provided) != MPI_SUCCESS) return 0;
    if (MPI_T_cvar_get_index(name, &index) == MPI_SUCCESS
        && MPI_T_cvar_handle_alloc(index, NULL, &handle, &count) == MPI_SUCCESS) {
        // A length of 0 means that the library sets no limit: leave room for any path.
        int length = count < 4096 ? 4096 : count;
        char *text = calloc((size_t)length + 1, 1);
        if (text != NULL && MPI_T_cvar_read(handle, text) == MPI_SUCCESS && text[0] == '/') {
            found = snprintf(value, (size_t)capacity, "%s", text) < capacity;
        }
        free(text);
        MPI_T_cvar_handle_free(&handle);
    }
    MPI_T_finalize();
    return found;
}

static const char variable_name[] = "osc_sm_backing_directory";
static char backing_folder[4096];

// Whether a parameter file of Open MPI mentions the variable.
static int is_mentioned(const char *folder, const char *file) {
    char path[4096], line[4096];
    int found = 0;
    if (folder == NULL || snprintf(path, sizeof path, "%s/%s", folder, file) >= (int)sizeof path) return 0;
    FILE *text = fopen(path, "r");
    if (text == NULL) return 0;
    while (!found && fgets(line, sizeof line, text) != NULL) found = strstr(line, variable_name) != NULL;
    fclose(text);
    return found;
}

// Asking MPI's tools interface opens every component of the library, which takes a fifth of a second, so it is
// asked only where somebody set the variable; Open MPI's own default is /dev/shm.
static void find_backing_folder(void) {
    const char *given = getenv("OMPI_MCA_osc_sm_backing_directory");
    if (given != NULL && given[0] == '/') {
        snprintf(backing_folder, sizeof backing_folder, "%s", given);
        return;
    }
    const int is_set = is_mentioned(getenv("HOME"), ".openmpi/mca-params.conf")
                       || is_mentioned("/etc/openmpi", "openmpi-mca-params.conf")
                       || getenv("OMPI_MCA_mca_base_param_files") != NULL;
    if ((!is_set && access("/dev/shm", W_OK) == 0)
        || !read_string_variable(variable_name, backing_folder, sizeof backing_folder)) {
        snprintf(backing_folder, sizeof backing_folder, "%s", "/dev/shm");
    }
}

long long dt_shared_window_space(char *folder, int capacity) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct statvfs state;
    pthread_once(&once, find_backing_folder);
    if (snprintf(folder, (size_t)capacity, "%s", backing_folder) >= capacity) return -1;
    if (statvfs(folder, &state) != 0) return -1;
    return (long long)state.f_bavail * (long long)state.f_frsize;
}
