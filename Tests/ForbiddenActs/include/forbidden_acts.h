#ifndef INKAN_FORBIDDEN_ACTS_H
#define INKAN_FORBIDDEN_ACTS_H

/// Tries what no program of the appliance may do, and writes a line for each act: its name and the errno that came of
/// it, 0 where it succeeded. Nothing that succeeds does harm.
///
/// - report: a descriptor to write to.
/// - foreign_file: a file that exists and is none of this program's business.
/// - foreign_folder: a folder that is none of it either; a file is made there and removed.
/// - victim: a process of the same user.
void inkan_try_forbidden_acts(int report, const char *foreign_file, const char *foreign_folder, int victim);

#endif
